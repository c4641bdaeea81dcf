"""How readers follow a blog; web/api/changes.py answers who polls, and the hub the others."""

from __future__ import annotations

from stoppress.query_parameters import EVENTS, FORM, SOCKET, cursor, number
from stoppress.web.contract.operation import BLOG, Operation, Parameter

AFTER = cursor("after", "A cursor; without one, the answer only says where the blog stands.")
LIMIT = number("limit", "How many.", 1, 500, 500)

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
            *SOCKET,
            Parameter(
                "Sec-WebSocket-Protocol",
                "header",
                "`stoppress.v1.json` (the default) or `stoppress.v1.html`. Unknown names alone are 400.",
            ),
        ),
        answers={101: None},
        problems=(400, 403, 404, 421, 426, 503),
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
            *EVENTS,
            Parameter("Last-Event-ID", "header", "A cursor, as browsers send it when they come back."),
        ),
        answers={200: {"type": "string"}, 204: None},
        problems=(400, 403, 404, 421, 503),
        media_type="text/event-stream",
    ),
    Operation(
        "GET",
        "/v1/blogs/{blog}/changes",
        "readChanges",
        "What changed since a cursor",
        "Readers",
        parameters=(BLOG, AFTER, LIMIT, FORM),
        answers={200: {"$ref": "#/components/schemas/Changes"}, 304: None},
        problems=(404, 503),
        description="The socket's messages (see /asyncapi.json), compacted to what each changed post is now. Poll "
        "every five seconds, or at once while `more` is true; stop when the blog has ended.",
    ),
)
