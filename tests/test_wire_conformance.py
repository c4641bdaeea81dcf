"""The scripts in wire/ run by a client of few lines, and by model.apply: the rule that all clients follow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stoppress.cli.reconnect import FollowState
from stoppress.model import Post, PostChanged, PostRemoved, Record, Tombstone, apply

SCRIPTS = sorted((Path(__file__).parent / "wire").glob("*.json"))


def _post(fields: dict[str, Any]) -> Post:
    """A post of either form; what this version does not know is left out."""
    known = {name: fields[name] for name in Post.model_fields if name in fields}
    since = fields["published_at"]
    return Post.model_validate({"status": "published", "created_at": since} | known | {"blog": "any"})


@dataclass(slots=True)
class Client:
    """What a client keeps: its cursor, the posts by id with what was removed, and its phase."""

    cursor: str
    posts: dict[str, Post | Tombstone]
    phase: str = "live"

    def receive(self, message: dict[str, Any]) -> None:
        if not self.cursor or message["type"] not in ("hello", "heartbeat", "bye"):
            self.cursor = message["cursor"]
        match message["type"]:
            case "post":
                self._apply(PostChanged("published", _post(message.get("post", message))))
            case "remove":
                self._apply(PostRemoved(Tombstone(id=message["id"], blog="any", revision=message["revision"])))
            case "hello" | "blog":
                self.phase = "ended" if message["blog"]["status"] in ("ended", "archived") else "live"
            case "reset":
                self.posts, self.phase = {}, "reset"

    def _apply(self, event: PostChanged | PostRemoved) -> None:
        self.posts = apply(self.posts, [Record(sequence=1, posts=0, updated_at=None, event=event)])


def _place(post: Post) -> tuple[object, str]:
    return post.published_at, post.id


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    script = json.loads(path.read_text(encoding="utf-8"))
    start, then = script["start"], script["then"]
    client = Client(start["cursor"], {id: _post({"id": id} | post) for id, post in start["posts"].items()})

    for message in script["messages"]:
        client.receive(message)

    shown = [entry for entry in client.posts.values() if isinstance(entry, Post)]
    assert client.cursor == then["cursor"]
    assert {
        id: entry.revision if isinstance(entry, Post) else {"removed": entry.revision}
        for id, entry in client.posts.items()
    } == then["posts"]
    assert [post.id for post in sorted(shown, key=_place, reverse=True)] == then["order"]
    assert client.phase == then["phase"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_cursor_and_the_end_as_stoppress_tail_has_them(path: Path) -> None:
    script = json.loads(path.read_text(encoding="utf-8"))
    state = FollowState(clock=lambda: 0.0, chance=lambda: 0.0, cursor=script["start"]["cursor"] or None)
    state.connected()
    for message in script["messages"]:
        state.receive(message)
    assert state.cursor == script["then"]["cursor"]
    assert state.ended == (script["then"]["phase"] == "ended")


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 18
