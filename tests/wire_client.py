"""A client of few lines that follows a blog as docs/protocol.md says, for the scripts in wire/.

It applies messages by model.apply, the rule that all clients follow. It does no I/O.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stoppress.model import Post, PostChanged, PostRemoved, Record, Tombstone, apply

FOLDER = Path(__file__).parent / "wire"

Object = dict[str, Any]


def scripts(kind: str = "") -> list[Path]:
    """The scripts of a kind, which is the name of a folder; without one, those of messages alone."""
    return sorted((FOLDER / kind).glob("*.json"))


def load(path: Path) -> Object:
    """A script."""
    script: Object = json.loads(path.read_text(encoding="utf-8"))
    return script


def no_fetch(post: str) -> Object | None:
    """For scripts in which no post is too large."""
    raise AssertionError(f"nothing was to be fetched, but {post} was")


@dataclass(slots=True)
class Client:
    """What a client keeps: its cursor, the posts by id with what was removed, and its phase.

    `fetch` returns a post from the API, or None if it is gone.
    """

    cursor: str
    posts: dict[str, Post | Tombstone]
    phase: str = "live"
    fetch: Callable[[str], Object | None] = no_fetch

    def receive(self, message: Object) -> None:
        """Apply a message."""
        match message["type"]:
            case "post" if message.get("too_large"):
                self._fetch(message["id"], message["revision"])
            case "post":
                self._apply(PostChanged("published", a_post(message.get("post", message))))
            case "remove":
                self._apply(PostRemoved(Tombstone(id=message["id"], blog="any", revision=message["revision"])))
            case "hello" | "blog":
                self.blog_is(message["blog"]["status"])
            case "reset":
                self.posts, self.phase = {}, "reset"
        if not self.cursor or message["type"] not in ("hello", "heartbeat", "bye"):
            self.cursor = message["cursor"]

    def blog_is(self, status: str) -> None:
        """Apply the status of the blog, which also comes with an answer to a poll."""
        self.phase = "ended" if status in ("ended", "archived") else "live"

    def assert_is(self, then: Object, cursor: str | None = None) -> None:
        """Check the state at the end of a script. `cursor` is the one that stands for the script's."""
        shown = [entry for entry in self.posts.values() if isinstance(entry, Post)]
        assert self.cursor == (cursor or then["cursor"])
        assert {
            id: entry.revision if isinstance(entry, Post) else {"removed": entry.revision}
            for id, entry in self.posts.items()
        } == then["posts"]
        assert [post.id for post in sorted(shown, key=_place, reverse=True)] == then["order"]
        assert self.phase == then["phase"]

    def _fetch(self, post: str, revision: int) -> None:
        known = self.posts.get(post)
        if (known is None or known.revision < revision) and (found := self.fetch(post)):
            self._apply(PostChanged("published", a_post(found)))

    def _apply(self, event: PostChanged | PostRemoved) -> None:
        self.posts = apply(self.posts, [Record(sequence=1, posts=0, updated_at=None, event=event)])


def client(start: Object, cursor: str | None = None, fetch: Callable[[str], Object | None] = no_fetch) -> Client:
    """A client as a script's `start` says. `cursor` is the one that stands for the script's."""
    posts: dict[str, Post | Tombstone] = {id: a_post({"id": id} | post) for id, post in start["posts"].items()}
    return Client(start["cursor"] if cursor is None else cursor, posts, fetch=fetch)


def a_post(fields: Object) -> Post:
    """A post of either form; what this version does not know is left out."""
    known = {name: fields[name] for name in Post.model_fields if name in fields}
    since = fields["published_at"]
    return Post.model_validate({"status": "published", "created_at": since} | known | {"blog": "any"})


def _place(post: Post) -> tuple[object, str]:
    return post.published_at, post.id
