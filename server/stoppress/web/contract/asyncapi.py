"""The AsyncAPI 3.0 document of the socket, made from the schema of the messages (wire/messages.py)."""

from __future__ import annotations

from typing import Any

from stoppress import __version__
from stoppress.wire import Close, Form
from stoppress.wire.schema import message_schemas, message_types

_REF = "#/components/schemas/{model}"
_NAMES = [name for name, _ in message_types(Form.JSON)]


def asyncapi() -> dict[str, Any]:
    """The document, as a JSON object."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stop Press socket",
            "version": __version__,
            "description": "Text frames, one JSON object each, from server to client only. Clients ignore types and "
            "fields that they don't know. Close codes: "
            + ", ".join(f"{code.value} {code.name.lower()}" for code in Close)
            + ".",
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
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _NAMES},
            }
        },
        "operations": {
            "follow": {"action": "send", "channel": {"$ref": "#/channels/socket"}, "summary": "What readers are told"}
        },
        "components": _components(),
    }


def _components() -> dict[str, Any]:
    schemas = message_schemas(_REF)
    messages = {}
    for name in _NAMES:
        # One schema, or one for each form.
        forms = list(dict.fromkeys(schema for form in Form for kind, schema in message_types(form) if kind == name))
        references = [{"$ref": _REF.format(model=schema)} for schema in forms]
        messages[name] = {
            "summary": schemas[forms[0]]["description"],
            "payload": references[0] if len(references) == 1 else {"oneOf": references},
        }
    return {"messages": messages, "schemas": schemas}
