"""The AsyncAPI 3.0 document of the socket: docs/protocol.md for machines."""

from __future__ import annotations

from typing import Any

from stoppress import __version__
from stoppress.wire import Close, Form

_TEXT = {"type": "string"}
_CURSOR = {"type": "string", "description": "Where the client stands once it has applied the message."}
_WHOLE = {"type": "integer", "minimum": 0}
_COUNTS = {
    "type": "object",
    "description": "The blog's counts after this change; in the html form with its dateline as `html`.",
    "properties": {"posts": _WHOLE, "updated_at": {"type": ["string", "null"]}, "html": _TEXT},
    "required": ["posts", "updated_at"],
}
_MESSAGES: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "hello": (
        "The reader is up to date as of the cursor once what follows, if anything, is applied.",
        {"blog": {"type": "object"}, "heartbeat": {"type": "number"}, "resumed": {"type": "boolean"}},
        ["blog", "heartbeat", "resumed"],
    ),
    "post": (
        "Put the post in its place; replace it if it is there, unless the revision is not newer.",
        {
            "change": {"enum": ["published", "edited", "corrected", "moved", "pinned", "unpinned", "restored"]},
            "post": {"type": "object", "description": "json form: the post as the API answers it."},
            "id": _TEXT,
            "revision": _WHOLE,
            "published_at": _TEXT,
            "pinned": {"type": "boolean"},
            "key": {"type": "boolean"},
            "html": {"type": "string", "description": "html form: the post's markup."},
            "blog": _COUNTS,
        },
        ["change", "blog"],
    ),
    "remove": (
        "Take the post out, and remember the revision.",
        {"id": _TEXT, "revision": _WHOLE, "blog": _COUNTS},
        ["id", "revision", "blog"],
    ),
    "blog": (
        "The blog itself changed. `ended` and `archived` mean: close, don't reconnect.",
        {"blog": {"type": "object"}, "html": {"type": "string", "description": "html form: the page's header."}},
        ["blog"],
    ),
    "heartbeat": ("Nothing new up to the cursor, the head.", {"readers": _WHOLE}, []),
    "reset": ("Forget all, load afresh, go on from this cursor.", {"reason": _TEXT}, ["reason"]),
    "bye": (
        "This server goes away: come back, to any, after so long.",
        {"retry_after_ms": _WHOLE, "reason": _TEXT},
        ["retry_after_ms", "reason"],
    ),
}


def asyncapi() -> dict[str, Any]:
    """The document, as a JSON object."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stop Press socket",
            "version": __version__,
            "description": "Text frames, one JSON object each, from server to client only. Unknown types and fields "
            "are to be ignored. Close codes: " + ", ".join(f"{code.value} {code.name.lower()}" for code in Close) + ".",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/v1/blogs/{blog}/socket",
                "parameters": {"blog": {"description": "The blog's id."}},
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "query": {"type": "object", "properties": {"cursor": {"type": "string"}}},
                        "headers": {
                            "type": "object",
                            "properties": {"Sec-WebSocket-Protocol": {"enum": [form.value for form in Form]}},
                        },
                    }
                },
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _MESSAGES},
            }
        },
        "operations": {
            "follow": {"action": "send", "channel": {"$ref": "#/channels/socket"}, "summary": "What readers are told"}
        },
        "components": {
            "messages": {
                name: {
                    "summary": about,
                    "payload": {
                        "type": "object",
                        "properties": {"type": {"const": name}, "cursor": _CURSOR, **fields},
                        "required": ["type", "cursor", *required],
                    },
                }
                for name, (about, fields, required) in _MESSAGES.items()
            }
        },
    }
