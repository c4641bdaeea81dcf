"""Builds the messages of the protocol, version 1 (docs/protocol.md).

A message is one JSON object with `type` and `cursor`. It has two forms: `json` has posts as data, for apps; `html` has
each post as markup, for the page. Both forms of a record are otherwise the same.

messages.py has the fields of every message.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from stoppress.model import Blog, BlogChanged, Cursor, Post, PostChanged, PostRemoved, Record, UnknownEvent, rfc3339
from stoppress.wire.messages import (
    BlogMarkupMessage,
    BlogMessage,
    ByeMessage,
    ByeReason,
    Counts,
    Form,
    HeartbeatMessage,
    HelloMessage,
    LargePostMarkupMessage,
    LargePostMessage,
    MarkupCounts,
    Message,
    PostMarkupMessage,
    PostMessage,
    PostWithoutContent,
    RemoveMarkupMessage,
    RemoveMessage,
    ResetMessage,
    ResetReason,
    SummaryMarkup,
)


class Markup(Protocol):
    """Renders parts of a blog's page. It is passed to the html form, so that wire does not depend on templates."""

    def post(self, blog: Blog, post: Post) -> str:
        """The post's `<article>`, exactly as in the page."""

    def header(self, blog: Blog) -> str:
        """The page's header: headline, standfirst, byline, dateline."""

    def summary(self, blog: Blog, post: Post) -> SummaryMarkup:
        """The post's other parts at the top of the page, such as its line among the key events."""

    def dateline(self, blog: Blog) -> str:
        """The header's line that every change updates: 'Updated …' and the number of posts."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _text(message: Message) -> str:
    return _encode(message)


def dump_blog(blog: Blog) -> dict[str, Any]:
    """The blog's public state, as it appears in messages and in the API's answers."""
    return blog.model_dump(mode="json")


def hello(blog: Blog, cursor: Cursor, *, heartbeat: float, resumed: bool) -> str:
    """The first message of a connection.

    `cursor` is the reader's position before the messages that follow. `heartbeat` is the interval in seconds.
    """
    message: HelloMessage = {
        "type": "hello",
        "cursor": str(cursor),
        "blog": dump_blog(blog),
        "heartbeat": heartbeat,
        "resumed": resumed,
    }
    return _text(message)


def change(record: Record, blog: Blog, cursor: Cursor, form: Form, markup: Markup) -> str:
    """The message for one record.

    `blog` is the blog with its counts as of the record. Every `post` and `remove` includes those counts as `blog`, so
    that clients need not count. For an event that this version can't read, the message is the blog as of the record,
    which moves the reader's cursor past it.
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


def large_post(changed: PostChanged, blog: Blog, cursor: Cursor, form: Form, markup: Markup) -> str:
    """The message that replaces a `post` which is larger than the reader's `max_message`: the post without its content.

    `blog` is the blog with its counts as of the change. The message has less than 2 KB.
    """
    if form is Form.JSON:
        data: LargePostMessage = {**_without_content(changed, cursor), "blog": _counts(blog)}
        return _text(data)
    page: LargePostMarkupMessage = {**_without_content(changed, cursor), "blog": _markup_counts(blog, markup)}
    return _text(page)


def _without_content(changed: PostChanged, cursor: Cursor) -> PostWithoutContent:
    post = changed.post
    return {
        "type": "post",
        "cursor": str(cursor),
        "change": changed.change,
        "id": post.id,
        "revision": post.revision,
        "published_at": rfc3339(post.published_at) if post.published_at else None,
        "pinned": post.pinned,
        "key": post.key,
        "too_large": True,
    }


def _counts(blog: Blog) -> Counts:
    return {"posts": blog.posts, "updated_at": rfc3339(blog.updated_at) if blog.updated_at else None}


def _markup_counts(blog: Blog, markup: Markup) -> MarkupCounts:
    return {**_counts(blog), "html": markup.dateline(blog)}


def heartbeat(cursor: Cursor, readers: int | None) -> str:
    """A heartbeat. `cursor` is the blog's head, `readers` the approximate number of its readers (None: unknown)."""
    message: HeartbeatMessage = {"type": "heartbeat", "cursor": str(cursor)}
    if readers is not None:
        message["readers"] = readers
    return _text(message)


def reset(cursor: Cursor, reason: ResetReason) -> str:
    """Tells the reader to reload, because its cursor can't be resumed. `cursor` is the blog's head."""
    message: ResetMessage = {"type": "reset", "cursor": str(cursor), "reason": reason}
    return _text(message)


def bye(cursor: Cursor, *, retry_after_ms: int, reason: ByeReason) -> str:
    """Tells the reader that this server is shutting down, and to reconnect to any server after `retry_after_ms`."""
    message: ByeMessage = {
        "type": "bye",
        "cursor": str(cursor),
        "retry_after_ms": retry_after_ms,
        "reason": reason,
    }
    return _text(message)
