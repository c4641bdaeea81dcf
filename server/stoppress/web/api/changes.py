"""Polling: the socket's messages by plain HTTP, for clients that can't hold a connection, and for caches."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress import wire
from stoppress.errors import NotFound
from stoppress.model import Cursor, as_of
from stoppress.resume import Continue, History, Reset, resume
from stoppress.web.context import Context
from stoppress.web.contract.operation import BLOG, Operation, Parameter, limit_of
from stoppress.web.http.request import cursor, number, one_of, parameter
from stoppress.web.http.response import cursor_tag

LIMIT = 500
# One second is nothing to a reader who polls, and lets a CDN answer all of them with one request.
_SHARED = {"cache-control": "public, max-age=1, stale-while-revalidate=5"}


class ChangeRoutes:
    """`/changes`: what happened after a cursor, compacted."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def read(self, request: Request) -> Response:
        blog = request.path_params["blog"]
        after = cursor(request, "after")
        limit = parameter(request, "limit", number(1, LIMIT), LIMIT)
        form = (
            wire.Form.HTML if parameter(request, "form", one_of("json", "html"), "json") == "html" else wire.Form.JSON
        )
        state = await self._context.blogs.read(blog)
        head = state.cursor
        messages: list[str] = []
        more = False
        match resume(after, History(head)):
            case Reset(reason=reason):
                messages = [wire.reset(head, reason)]
            case Continue():
                assert after is not None
                since = await self._context.store.since(blog, after.sequence, limit=limit)
                if since is None or since.head.epoch != head.epoch:
                    raise NotFound(f"there is no blog {blog!r}")
                for record in since.records:
                    at = Cursor(head.epoch, record.sequence)
                    told = as_of(since.blog, record)
                    messages.append(wire.change(record, told, at, form, self._context.markup))
                more = since.more
                head = Cursor(head.epoch, since.records[-1].sequence) if more else since.head
        content = f'{{"cursor":"{head}","messages":[{",".join(messages)}],"more":{"true" if more else "false"}}}'
        tag = cursor_tag(head)
        headers = {**_SHARED, "etag": tag}
        if request.headers.get("if-none-match") == tag and not messages:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type="application/json")

    def operations(self) -> list[Operation]:
        """What the OpenAPI document says of it."""
        cursor_parameter = Parameter("cursor", "query", "Where to go on from; without one, from now.")
        return [
            Operation(
                "GET",
                "/v1/blogs/{blog}/socket",
                "openSocket",
                "The WebSocket",
                None,
                "Readers",
                parameters=(
                    BLOG,
                    cursor_parameter,
                    Parameter("Sec-WebSocket-Protocol", "header", "`stoppress.v1.json` or `stoppress.v1.html`."),
                ),
                answers={101: None},
                problems=(400, 403, 404, 426, 503),
                description="Its messages are in `/asyncapi.json`. Refusals come before the upgrade.",
            ),
            Operation(
                "GET",
                "/v1/blogs/{blog}/events",
                "openEvents",
                "The same as Server-Sent Events",
                None,
                "Readers",
                parameters=(
                    BLOG,
                    cursor_parameter,
                    Parameter("Last-Event-ID", "header", "A cursor, as browsers send it when they come back."),
                    Parameter(
                        "form", "query", "Posts as data or as markup.", {"type": "string", "enum": ["json", "html"]}
                    ),
                ),
                answers={200: {"type": "string"}, 204: None},
                problems=(400, 403, 404, 422, 503),
                media_type="text/event-stream",
            ),
            Operation(
                "GET",
                "/v1/blogs/{blog}/changes",
                "readChanges",
                "What changed since a cursor",
                self.read,
                "Readers",
                parameters=(
                    BLOG,
                    Parameter("after", "query", "A cursor; without one, only where the blog stands is told."),
                    limit_of(LIMIT),
                    Parameter(
                        "form",
                        "query",
                        "Posts as data or as markup.",
                        {"type": "string", "enum": ["json", "html"], "default": "json"},
                    ),
                ),
                answers={200: {"$ref": "#/components/schemas/Changes"}, 304: None},
                problems=(400, 404, 422, 503),
                description="The socket's messages (see /asyncapi.json), compacted to what each changed post is now.",
            ),
        ]
