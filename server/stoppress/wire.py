"""The socket's messages, version 1: docs/protocol.md in code.

A message is one JSON object with `type` and `cursor`. Two forms: `json` carries posts as data, for apps; `html`
carries each post as the markup that the page holds, for the page. What is said of one record is the same in both
but for that.
"""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from stoppress.model import Blog, BlogChanged, Cursor, Post, PostChanged, PostRemoved, Record, rfc3339


class Form(StrEnum):
    """How posts are carried; the value is the WebSocket subprotocol."""

    JSON = "stoppress.v1.json"
    HTML = "stoppress.v1.html"


class Close(IntEnum):
    """Close codes; each says by itself whether to come back (docs/protocol.md)."""

    ENDED = 1000
    GOING_AWAY = 1001
    REFUSED = 1008
    RESTARTING = 1012
    OVERLOADED = 1013
    NO_SUCH_BLOG = 4404


class Markup(Protocol):
    """What the page's templates make of a blog: given to the html form, so that wire knows no template."""

    def post(self, blog: Blog, post: Post) -> str:
        """The post's `<article>`, as the page holds it."""

    def header(self, blog: Blog) -> str:
        """The page's header: headline, standfirst, byline, dateline."""

    def summary(self, blog: Blog, post: Post) -> dict[str, str]:
        """What else the page's head shows of a post, by the field that carries it: `key_html`, its line among the key
        events; `pinned_html`, its copy on top."""

    def dateline(self, blog: Blog) -> str:
        """The header's line that every change moves: 'Updated …' and the count."""


def _text(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def dump_blog(blog: Blog) -> dict[str, Any]:
    """The blog's public state, as it stands in messages and answers."""
    return blog.model_dump(mode="json")


def hello(blog: Blog, cursor: Cursor, *, heartbeat: float, resumed: bool) -> str:
    """The first message. `cursor` is where the reader stands before anything that follows."""
    return _text(
        {
            "type": "hello",
            "cursor": str(cursor),
            "blog": dump_blog(blog),
            "heartbeat": heartbeat,
            "resumed": resumed,
        }
    )


def change(record: Record, blog: Blog, cursor: Cursor, form: Form, markup: Markup) -> str:
    """What a record says to readers.

    `blog` is the blog with its counts as of the record. Every `post` and `remove` carries those counts as `blog`,
    so that no client has to guess them.
    """
    head: dict[str, Any] = {"cursor": str(cursor)}
    match record.event:
        case PostChanged(change=kind, post=post):
            head |= {"type": "post", "change": kind}
            if form is Form.JSON:
                head["post"] = post.model_dump(mode="json")
            else:
                head |= {
                    "id": post.id,
                    "revision": post.revision,
                    "published_at": post.published_at and rfc3339(post.published_at),
                    "pinned": post.pinned,
                    "key": post.key,
                    "html": markup.post(blog, post),
                    **markup.summary(blog, post),
                }
            head["blog"] = _counts(blog, form, markup)
        case PostRemoved(tombstone=tombstone):
            head |= {"type": "remove", "id": tombstone.id, "revision": tombstone.revision}
            head["blog"] = _counts(blog, form, markup)
        case BlogChanged():
            head |= {"type": "blog", "blog": dump_blog(blog)}
            if form is Form.HTML:
                head["html"] = markup.header(blog)
    return _text(head)


def _counts(blog: Blog, form: Form, markup: Markup) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "posts": blog.posts,
        "updated_at": blog.updated_at and rfc3339(blog.updated_at),
    }
    if form is Form.HTML:
        counts["html"] = markup.dateline(blog)
    return counts


def heartbeat(cursor: Cursor, readers: int | None) -> str:
    """Nothing happened up to `cursor`, the head; `readers` are with this blog now."""
    message: dict[str, Any] = {"type": "heartbeat", "cursor": str(cursor)}
    if readers is not None:
        message["readers"] = readers
    return _text(message)


def reset(cursor: Cursor, reason: str) -> str:
    """The reader's cursor can't be resumed from: it loads afresh, and goes on from there."""
    return _text({"type": "reset", "cursor": str(cursor), "reason": reason})


def bye(cursor: Cursor, *, retry_after_ms: int, reason: str) -> str:
    """This server goes away; come back, to any, after so long."""
    return _text({"type": "bye", "cursor": str(cursor), "retry_after_ms": retry_after_ms, "reason": reason})
