"""How readers follow a blog; web/api/changes.py answers who polls, and the hub the others."""

from __future__ import annotations

from stoppress.web.contract.operation import BLOG, Operation, Parameter, limit_of

LIMIT = 500  # messages in one answer
_CURSOR = Parameter("cursor", "query", "Where to go on from; without one, from now.")

CHANGES: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/blogs/{blog}/socket",
        "openSocket",
        "The WebSocket",
        "Readers",
        by_hub=True,
        parameters=(
            BLOG,
            _CURSOR,
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
        "Readers",
        by_hub=True,
        parameters=(
            BLOG,
            _CURSOR,
            Parameter("Last-Event-ID", "header", "A cursor, as browsers send it when they come back."),
            Parameter("form", "query", "Posts as data or as markup.", {"type": "string", "enum": ["json", "html"]}),
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
)
