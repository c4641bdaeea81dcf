"""The descriptions of the operations with which readers follow a blog. The endpoint for polling is in
web/api/changes.py, and those for event streams and sockets are in hub/sse and hub/socket."""

from __future__ import annotations

from stoppress.query_parameters import EVENTS, FORM, SOCKET, cursor, number
from stoppress.web.contract.operation import BLOG, Operation, Parameter

AFTER = cursor("after", "A cursor. Without one, the answer has no messages, only the blog's current cursor.")
LIMIT = number("limit", "The most messages to return.", 1, 500, 500)

CHANGES: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/blogs/{blog}/socket",
        "openSocket",
        "Follow a blog by WebSocket",
        "Readers",
        by_hub=True,
        parameters=(
            BLOG,
            *SOCKET,
            Parameter(
                "Sec-WebSocket-Protocol",
                "header",
                "`stoppress.v1.json` (the default) or `stoppress.v1.html`. A request with unknown names only is 400.",
            ),
        ),
        answers={101: None},
        problems=(400, 403, 404, 421, 426, 503),
        description="`/asyncapi.json` has the messages. The server refuses a request before the upgrade.",
    ),
    Operation(
        "GET",
        "/v1/blogs/{blog}/events",
        "openEvents",
        "Follow a blog by Server-Sent Events",
        "Readers",
        by_hub=True,
        parameters=(
            BLOG,
            *EVENTS,
            Parameter("Last-Event-ID", "header", "A cursor, as browsers send it when they reconnect."),
        ),
        answers={200: {"type": "string"}, 204: None},
        problems=(400, 403, 404, 421, 503),
        media_type="text/event-stream",
    ),
    Operation(
        "GET",
        "/v1/blogs/{blog}/changes",
        "readChanges",
        "Poll the changes since a cursor",
        "Readers",
        parameters=(BLOG, AFTER, LIMIT, FORM),
        answers={200: {"$ref": "#/components/schemas/Changes"}, 304: None},
        problems=(404, 503),
        description="The socket's messages (see /asyncapi.json), compacted to what each changed post is now. Poll "
        "every five seconds, or at once while `more` is true; stop when the blog has ended.",
    ),
)
