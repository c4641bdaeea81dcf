"""The fields of every message, version 1. This is their only definition.

A message is one JSON object. `MESSAGES` lists the messages of each form. The functions in `stoppress.wire` build
exactly these types, so the type checker reports a field that is missing here. Everything else is generated from them:

- the JSON Schemas (schema.py), and from those `/asyncapi.json`;
- the tables in docs/protocol.md and the client's types (scripts/messages.py, or `make messages`).

A field's description is for authors of clients. The docstring of a message tells them what a client does with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypedDict  # pydantic can't read typing.TypedDict before Python 3.12

from stoppress.model import Blog, Change, Post


class Form(StrEnum):
    """The form of posts in messages. The value is the name of the WebSocket subprotocol."""

    JSON = "stoppress.v1.json"
    HTML = "stoppress.v1.html"


class _Dumped:
    """Gives a dict, made by dumping a model, the schema of that model."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self._model)


DumpedBlog = Annotated[dict[str, Any], _Dumped(Blog)]
DumpedPost = Annotated[dict[str, Any], _Dumped(Post)]

_Cursor = Annotated[str, Field(description="The client's position once it has applied the message. Opaque.")]
_Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_PostId = Annotated[str, Field(description="The post's id.")]
_Revision = Annotated[
    int, Field(ge=1, description="The revision after this change. One that is not newer changes nothing.")
]


ResetReason = Literal["epoch", "ahead", "history", "too_far_behind"]
ByeReason = Literal["restarting", "rebalancing", "draining"]


class Counts(TypedDict):
    """The blog's counts after a change."""

    posts: Annotated[int, Field(ge=0, description="How many posts are published.")]
    updated_at: Annotated[_Time | None, Field(description="The last change that readers should notice.")]


class MarkupCounts(Counts):
    """The blog's counts after a change, and the markup that shows them."""

    html: Annotated[
        str, Field(description="The page's dateline: when the blog was updated, and how many posts it has.")
    ]


class HelloMessage(TypedDict):
    """The first message of a connection. `cursor` is the one that the client sent, or the end of the history if it sent
    none. The changes that the client lacks follow, or a `reset`."""

    type: Literal["hello"]
    cursor: Annotated[str, Field(description="The client's position before the messages that follow. Opaque.")]
    blog: Annotated[DumpedBlog, Field(description="The blog, as the API answers it.")]
    heartbeat: Annotated[float, Field(description="Seconds between two heartbeats.")]
    resumed: Annotated[bool, Field(description="Whether the connection resumes from the cursor that the client sent.")]


_ChangeKind = Annotated[Change, Field(description="What happened to the post. Treat an unknown value as `edited`.")]


class PostMessage(TypedDict):
    """A post was published or changed. Put the post in its place, by (`published_at`, `id`). If you have a post with
    this id, replace it, unless the message's revision is not newer."""

    type: Literal["post"]
    cursor: _Cursor
    change: _ChangeKind
    post: Annotated[DumpedPost, Field(description="The post, as the API answers it.")]
    blog: Annotated[Counts, Field(description="The blog's counts after this change.")]


class SummaryMarkup(TypedDict):
    """What the top of the page shows of a post besides the post itself."""

    key_html: NotRequired[
        Annotated[str, Field(description="Only for a key event: its line in the summary of key events.")]
    ]
    pinned_html: NotRequired[Annotated[str, Field(description="Only for a pinned post: its copy on top of the page.")]]


class PostFacts(TypedDict):
    """The fields of a `post` message that say which post changed and where it stands, without the post's content."""

    type: Literal["post"]
    cursor: _Cursor
    change: _ChangeKind
    id: _PostId
    revision: _Revision
    published_at: Annotated[_Time | None, Field(description="The first publication, which orders posts.")]
    pinned: Annotated[bool, Field(description="Whether the post is pinned.")]
    key: Annotated[bool, Field(description="Whether the post is a key event.")]


class PostMarkupMessage(SummaryMarkup, PostFacts):
    """`post` in the html form."""

    html: Annotated[str, Field(description="The post's `<article>`, as the page holds it.")]
    blog: Annotated[MarkupCounts, Field(description="The blog's counts after this change.")]


class PostWithoutContent(PostFacts):
    """A change of a post without the post's content: what both forms have in common."""

    too_large: Annotated[Literal[True], Field(description="Always true. A `post` with its content has no such field.")]


class LargePostMessage(PostWithoutContent):
    """A post was published or changed, and the message with its content would be larger than the `max_message` that the
    client asked for. Fetch the post from the API, unless the revision is not newer; then do the same as for any
    `post`."""

    blog: Annotated[Counts, Field(description="The blog's counts after this change.")]


class LargePostMarkupMessage(PostWithoutContent):
    """`post` with `too_large` in the html form."""

    blog: Annotated[MarkupCounts, Field(description="The blog's counts after this change.")]


class RemoveMessage(TypedDict):
    """A post was deleted. Remove the post, and remember the revision: an older revision that arrives later changes
    nothing."""

    type: Literal["remove"]
    cursor: _Cursor
    id: _PostId
    revision: _Revision
    blog: Annotated[Counts, Field(description="The blog's counts after this change.")]


class RemoveMarkupMessage(TypedDict):
    """`remove` in the html form."""

    type: Literal["remove"]
    cursor: _Cursor
    id: _PostId
    revision: _Revision
    blog: Annotated[MarkupCounts, Field(description="The blog's counts after this change.")]


class BlogMessage(TypedDict):
    """The blog itself changed. Replace what you show of it: headline, status, counts. If `blog.status` is `ended` or
    `archived`, apply the messages that still come until the server closes the connection, and don't reconnect."""

    type: Literal["blog"]
    cursor: _Cursor
    blog: Annotated[DumpedBlog, Field(description="The blog, as the API answers it.")]


class BlogMarkupMessage(BlogMessage):
    """`blog` in the html form."""

    html: Annotated[str, Field(description="The page's header: status, headline, standfirst, byline, dateline.")]


class HeartbeatMessage(TypedDict):
    """The connection is alive. If `cursor` differs from the client's own for some seconds, a message was lost:
    reconnect with the client's own cursor."""

    type: Literal["heartbeat"]
    cursor: Annotated[str, Field(description="The end of the blog's history. Opaque. Not the client's position.")]
    readers: NotRequired[Annotated[int, Field(ge=0, description="The approximate number of readers of the blog.")]]


class ResetMessage(TypedDict):
    """The client's cursor can't be resumed from. Forget all posts and deletions, load the page or the posts afresh, and
    go on from the cursor that comes with them."""

    type: Literal["reset"]
    cursor: Annotated[
        str,
        Field(description="The end of the blog's history. Opaque. The cursor of what the client loads replaces it."),
    ]
    reason: Annotated[
        ResetReason,
        Field(
            description="`epoch`: the blog was deleted and made again. `ahead`: the cursor is ahead of the history, "
            "which was set back to an older backup. `history`: the cursor belongs to another history with the same "
            "epoch. `too_far_behind`: to catch up costs more than to load afresh (html form only). This version sends "
            "`epoch`, `ahead` and `too_far_behind`. Treat all alike, unknown ones too."
        ),
    ]


class ByeMessage(TypedDict):
    """This server is about to close the connection. Reconnect after `retry_after_ms`, to any server."""

    type: Literal["bye"]
    cursor: Annotated[str, Field(description="The client's position. It does not move.")]
    retry_after_ms: Annotated[int, Field(ge=0, description="How long to wait, in milliseconds.")]
    reason: Annotated[
        ByeReason,
        Field(
            description="`restarting`: this server stops. `rebalancing`: other servers have more room. `draining`: an "
            "operator empties this server. This version sends `restarting`. Treat all alike, unknown ones too."
        ),
    ]


MESSAGES: dict[Form, tuple[type, ...]] = {
    Form.JSON: (
        HelloMessage,
        PostMessage,
        LargePostMessage,
        RemoveMessage,
        BlogMessage,
        HeartbeatMessage,
        ResetMessage,
        ByeMessage,
    ),
    Form.HTML: (
        HelloMessage,
        PostMarkupMessage,
        LargePostMarkupMessage,
        RemoveMarkupMessage,
        BlogMarkupMessage,
        HeartbeatMessage,
        ResetMessage,
        ByeMessage,
    ),
}

Message = (
    HelloMessage
    | PostMessage
    | PostMarkupMessage
    | LargePostMessage
    | LargePostMarkupMessage
    | RemoveMessage
    | RemoveMarkupMessage
    | BlogMessage
    | BlogMarkupMessage
    | HeartbeatMessage
    | ResetMessage
    | ByeMessage
)
