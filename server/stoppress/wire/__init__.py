"""The socket's messages, version 1: docs/protocol.md in code.

A message is one JSON object with `type` and `cursor`. Two forms: `json` carries posts as data, for apps; `html`
carries each post as the markup that the page holds, for the page. What is said of one record is the same in both
but for that.

The functions here write messages. messages.py has their fields, and schema.py makes JSON Schemas of those.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from stoppress.model import Blog, BlogChanged, Cursor, Post, PostChanged, PostRemoved, Record, UnknownEvent, rfc3339
from stoppress.wire.messages import (
    BlogMarkupMessage,
    BlogMessage,
    ByeMessage,
    Counts,
    HeartbeatMessage,
    HelloMessage,
    MarkupCounts,
    Message,
    PostMarkupMessage,
    PostMessage,
    RemoveMarkupMessage,
    RemoveMessage,
    ResetMessage,
    SummaryMarkup,
)
from stoppress.wire.messages import ByeReason as ByeReason
from stoppress.wire.messages import Close as Close
from stoppress.wire.messages import Form as Form
from stoppress.wire.messages import ResetReason as ResetReason


class Markup(Protocol):
    """What the page's templates make of a blog: given to the html form, so that wire knows no template."""

    def post(self, blog: Blog, post: Post) -> str:
        """The post's `<article>`, as the page holds it."""

    def header(self, blog: Blog) -> str:
        """The page's header: headline, standfirst, byline, dateline."""

    def summary(self, blog: Blog, post: Post) -> SummaryMarkup:
        """What else the top of the page shows of a post."""

    def dateline(self, blog: Blog) -> str:
        """The header's line that every change moves: 'Updated …' and the count."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _text(message: Message) -> str:
    return _encode(message)


def dump_blog(blog: Blog) -> dict[str, Any]:
    """The blog's public state, as it stands in messages and answers."""
    return blog.model_dump(mode="json")


def hello(blog: Blog, cursor: Cursor, *, heartbeat: float, resumed: bool) -> str:
    """The first message. `cursor` is where the reader stands before anything that follows."""
    message: HelloMessage = {
        "type": "hello",
        "cursor": str(cursor),
        "blog": dump_blog(blog),
        "heartbeat": heartbeat,
        "resumed": resumed,
    }
    return _text(message)


def change(record: Record, blog: Blog, cursor: Cursor, form: Form, markup: Markup) -> str:
    """What a record says to readers.

    `blog` is the blog with its counts as of the record. Every `post` and `remove` carries those counts as `blog`,
    so that no client has to guess them. Of an event that this version can't read it says the blog as of the record, so
    that the reader's cursor moves past it.
    """
    if form is Form.JSON:
        return _text(_data(record, blog, str(cursor)))
    return _text(_markup(record, blog, str(cursor), markup))


def _data(record: Record, blog: Blog, cursor: str) -> PostMessage | RemoveMessage | BlogMessage:
    match record.event:
        case PostChanged(change=kind, post=post):
            return {
                "type": "post",
                "cursor": cursor,
                "change": kind,
                "post": post.model_dump(mode="json"),
                "blog": _counts(blog),
            }
        case PostRemoved(tombstone=tombstone):
            return {
                "type": "remove",
                "cursor": cursor,
                "id": tombstone.id,
                "revision": tombstone.revision,
                "blog": _counts(blog),
            }
        case BlogChanged() | UnknownEvent():
            return {"type": "blog", "cursor": cursor, "blog": dump_blog(blog)}


def _markup(
    record: Record, blog: Blog, cursor: str, markup: Markup
) -> PostMarkupMessage | RemoveMarkupMessage | BlogMarkupMessage:
    match record.event:
        case PostChanged(change=kind, post=post):
            return {
                "type": "post",
                "cursor": cursor,
                "change": kind,
                "id": post.id,
                "revision": post.revision,
                "published_at": rfc3339(post.published_at) if post.published_at else None,
                "pinned": post.pinned,
                "key": post.key,
                "html": markup.post(blog, post),
                **markup.summary(blog, post),
                "blog": _markup_counts(blog, markup),
            }
        case PostRemoved(tombstone=tombstone):
            return {
                "type": "remove",
                "cursor": cursor,
                "id": tombstone.id,
                "revision": tombstone.revision,
                "blog": _markup_counts(blog, markup),
            }
        case BlogChanged() | UnknownEvent():
            return {"type": "blog", "cursor": cursor, "blog": dump_blog(blog), "html": markup.header(blog)}


def _counts(blog: Blog) -> Counts:
    return {"posts": blog.posts, "updated_at": rfc3339(blog.updated_at) if blog.updated_at else None}


def _markup_counts(blog: Blog, markup: Markup) -> MarkupCounts:
    return {**_counts(blog), "html": markup.dateline(blog)}


def heartbeat(cursor: Cursor, readers: int | None) -> str:
    """Nothing happened up to `cursor`, the head; `readers` are with this blog now."""
    message: HeartbeatMessage = {"type": "heartbeat", "cursor": str(cursor)}
    if readers is not None:
        message["readers"] = readers
    return _text(message)


def reset(cursor: Cursor, reason: ResetReason) -> str:
    """The reader's cursor can't be resumed from: it loads afresh, and goes on from there."""
    message: ResetMessage = {"type": "reset", "cursor": str(cursor), "reason": reason}
    return _text(message)


def bye(cursor: Cursor, *, retry_after_ms: int, reason: ByeReason) -> str:
    """This server goes away; come back, to any, after so long."""
    message: ByeMessage = {
        "type": "bye",
        "cursor": str(cursor),
        "retry_after_ms": retry_after_ms,
        "reason": reason,
    }
    return _text(message)
