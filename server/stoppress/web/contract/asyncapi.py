"""The AsyncAPI 3.1 document of the socket and the Server-Sent Events, made from the schema of the messages
(wire/messages.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stoppress import __version__
from stoppress.query_parameters import EVENTS, SOCKET, QueryParameter
from stoppress.web.contract.examples.messages import LARGE_POST, MESSAGES
from stoppress.wire import Close, Form
from stoppress.wire.schema import message_schemas, message_types

_REF = "#/components/schemas/{model}"
_NAMES = list(dict.fromkeys(name for name, _ in message_types(Form.JSON)))
_SOCKET_PROTOCOLS = ("wss", "ws")
_EVENT_PROTOCOLS = ("https", "http")


def asyncapi() -> dict[str, Any]:
    """The document, as a JSON object."""
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Stop Press: following a blog",
            "version": __version__,
            "description": "Messages go from server to client only; each is one JSON object. Clients ignore types and "
            "fields that they don't know. Close codes of sockets: "
            + ", ".join(f"{code.value} {code.name.lower()}" for code in Close)
            + ".",
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
        },
        "servers": {protocol: _server(protocol) for protocol in (*_SOCKET_PROTOCOLS, *_EVENT_PROTOCOLS)},
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/v1/blogs/{blog}/socket",
                "title": "The WebSocket",
                "description": "Each text frame is one message.",
                "servers": [{"$ref": f"#/servers/{protocol}"} for protocol in _SOCKET_PROTOCOLS],
                "parameters": {"blog": {"description": "The blog's id."}},
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "query": _query(SOCKET),
                        "headers": {
                            "type": "object",
                            "properties": {"Sec-WebSocket-Protocol": {"enum": [form.value for form in Form]}},
                        },
                    }
                },
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _NAMES},
            },
            "events": {
                "address": "/v1/blogs/{blog}/events",
                "title": "Server-Sent Events",
                "description": "Each event is one message; `data` is its JSON. The event's name is `change` for post, "
                "remove and blog, and the message's type for the others. `id` is a cursor, which browsers send as "
                "`Last-Event-ID` when they reconnect.",
                "servers": [{"$ref": f"#/servers/{protocol}"} for protocol in _EVENT_PROTOCOLS],
                "parameters": {"blog": {"description": "The blog's id."}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _NAMES},
            },
        },
        "operations": {
            "follow": {
                "action": "send",
                "channel": {"$ref": "#/channels/socket"},
                "summary": "What readers are told by WebSocket",
            },
            "followEvents": {
                "action": "send",
                "channel": {"$ref": "#/channels/events"},
                "summary": "What readers are told by Server-Sent Events",
                "bindings": {"http": {"method": "GET", "query": _query(EVENTS)}},
            },
        },
        "components": _components(),
    }


def _server(protocol: str) -> dict[str, Any]:
    """Any host: where a server can be reached is up to who runs it."""
    host = {"description": "Host and port of the server.", "default": "localhost:8000"}
    return {"host": "{host}", "protocol": protocol, "variables": {"host": host}}


def _query(parameters: Sequence[QueryParameter[Any]]) -> dict[str, Any]:
    properties = {parameter.name: {**parameter.schema, "description": parameter.about} for parameter in parameters}
    return {"type": "object", "properties": properties}


def _components() -> dict[str, Any]:
    schemas = {name: _without_siblings(schema) for name, schema in message_schemas(_REF).items()}
    messages: dict[str, dict[str, Any]] = {}
    for name in _NAMES:
        # One schema, or one for each form and each way to say it.
        forms = list(dict.fromkeys(schema for form in Form for kind, schema in message_types(form) if kind == name))
        references = [{"$ref": _REF.format(model=schema)} for schema in forms]
        messages[name] = {
            "name": name,
            "title": name,
            "summary": schemas[forms[0]]["description"],
            "payload": references[0] if len(references) == 1 else {"oneOf": references},
            "examples": [{"name": name, "payload": MESSAGES[name]}],
        }
    messages["post"]["examples"].append({"name": "post without content", "payload": LARGE_POST})
    return {"messages": messages, "schemas": schemas}


def _without_siblings(schema: Any) -> Any:
    """The schema with nothing beside a `$ref`: draft 7, which AsyncAPI builds on, ignores what stands there."""
    if isinstance(schema, list):
        return [_without_siblings(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _without_siblings(part) for key, part in schema.items()}
    if "$ref" in found and len(found) > 1:
        found["allOf"] = [{"$ref": found.pop("$ref")}]
    return found
