"""The OpenAPI 3.1 document. It is made from the operations and the models, so it lists every operation of the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from http import HTTPStatus
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from stoppress import __version__
from stoppress.editing.inputs import BlogEdit, BlogInput, PostBatch, PostInput, PostPatch
from stoppress.model import Blog, BlogStatus, Post, Tombstone
from stoppress.query_parameters import QueryParameter
from stoppress.settings import Settings
from stoppress.token_scopes import SCOPES
from stoppress.web.contract.examples.http import EXAMPLES
from stoppress.web.contract.examples.problems import PROBLEMS
from stoppress.web.contract.operation import Operation, Parameter

_REF = "#/components/schemas/{model}"
_MODELS: dict[type[BaseModel], Literal["serialization", "validation"]] = {
    Blog: "serialization",
    Post: "serialization",
    Tombstone: "serialization",
    BlogInput: "validation",
    BlogEdit: "validation",
    PostInput: "validation",
    PostBatch: "validation",
    PostPatch: "validation",
}
_TAGS = {
    "Blogs": "A blog has a title, a status, settings and posts.",
    "Posts": "Publish, schedule, edit and delete posts, and read their revisions.",
    "Readers": "Follow a blog, by any transport or as a page. No token is needed.",
    "Media": "Upload pictures for posts.",
    "Feeds": "The newest posts of a blog for feed readers.",
    "Operations": "Probes, metrics, the audit log and these documents.",
}
_ABOUT = """A live-blog server: publish a post over HTTP, and every open page shows it at once.

Send JSON. A request's body may have at most {body_limit} bytes, and its head at most {head_limit}. Unknown fields in a
request are refused, and so are unknown query parameters under /v1. Every POST accepts an `Idempotency-Key`.

Times are RFC 3339 in UTC. Ids are ULIDs unless you give one. Every write returns a cursor: readers who have reached it
see the change. Errors are RFC 9457 problems that name the field and the value. Later versions may add fields to
responses; ignore fields that you don't know."""


class Limits(NamedTuple):
    """The settings that the document names. docs/settings.md has their units."""

    body_limit: int
    head_limit: int
    batch_limit: int
    media_limit: int
    media_pixels: int
    media_memory: int
    media_cpu_seconds: float
    preview_hours: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits in `settings`."""
        return cls(*(getattr(settings, name) for name in cls._fields))


def openapi(operations: Sequence[Operation], limits: Limits) -> dict[str, Any]:
    """The OpenAPI document as a JSON object."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, limits)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stop Press",
            "version": __version__,
            "summary": "A real-time live-blog server",
            "description": _ABOUT.format(body_limit=limits.body_limit, head_limit=limits.head_limit),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "description": _TAGS[name]}
            for name in dict.fromkeys(operation.tag for operation in operations)
        ],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Create a token with `stoppress token create`. Scopes: "
                    + "; ".join(f"`{scope}` {about}" for scope, about in SCOPES.items())
                    + ".",
                }
            },
        },
    }


def _operation(operation: Operation, limits: Limits) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "tags": [operation.tag],
        "responses": {
            **{str(status): _good(operation, status) for status in operation.answers},
            **{str(status): _bad(operation, status) for status in _problems(operation)},
        },
    }
    if operation.description:
        entry["description"] = operation.description.format(limits=limits)
    if operation.parameters:
        entry["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    if operation.body:
        content = {
            "schema": {"$ref": _REF.format(model=operation.body.__name__)},
            "example": EXAMPLES[operation.name].request,
        }
        types = ["application/json", *(["application/merge-patch+json"] if operation.merge_patch else [])]
        entry["requestBody"] = {"required": True, "content": dict.fromkeys(types, content)}
    if operation.accepts:
        binary = {"schema": {"type": "string", "format": "binary"}}
        entry["requestBody"] = {"required": True, "content": dict.fromkeys(operation.accepts, binary)}
    entry["security"] = [{"token": [operation.scope]}] if operation.scope else []  # none is needed
    return entry


def _parameter(parameter: Parameter | QueryParameter[Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.about,
        "schema": dict(parameter.schema),
    }
    if isinstance(parameter, Parameter) and parameter.example is not None:
        entry["example"] = parameter.example
    return entry


def _good(operation: Operation, status: int) -> dict[str, Any]:
    schema = operation.answers[status]
    entry: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if schema is not None:
        entry["content"] = {operation.media_type: {"schema": dict(schema)}}
        example = EXAMPLES[operation.name].response
        if example is not None and status < 300:
            entry["content"][operation.media_type]["example"] = example
        if operation.page:
            entry["content"]["text/html"] = {"schema": {"type": "string"}}
    return entry


def _problems(operation: Operation) -> list[int]:
    # An operation that checks a token can also answer 429, and under /v1 any operation can refuse its query with 400.
    added = {429: 401 in operation.problems, 400: operation.strict}
    return sorted({*operation.problems, *(status for status, may in added.items() if may)})


def _bad(operation: Operation, status: int) -> dict[str, Any]:
    content: dict[str, Any] = {
        "application/problem+json": {
            "schema": {"$ref": _REF.format(model="Problem")},
            "example": PROBLEMS[status],
        }
    }
    if operation.page:
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": HTTPStatus(status).phrase, "content": content}


def _schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(list(_MODELS.items()), ref_template=_REF)
    schemas: dict[str, Any] = deepcopy(definitions["$defs"])
    for name in ("BlogEdit", "PostPatch"):
        _as_merge_patch(schemas[name])
    for name in ("Blog", "Post", "Tombstone"):
        schemas[name]["required"] = sorted(schemas[name]["properties"])
        del schemas[name]["additionalProperties"]  # a later version may add fields to responses
    return {**schemas, **_answers()}


def _as_merge_patch(schema: dict[str, Any]) -> None:
    """Turn the schema of an object into that of a merge patch.

    No field is required, and null resets a field to its default. Fields without a default can't be null. Neither can
    `status`: its default would publish the post.
    """
    required = schema.pop("required", [])
    for name, field in schema["properties"].items():
        default = field.pop("default", None)
        if name not in required and name != "status" and default is not None:
            about = {key: field.pop(key) for key in ("title", "description") if key in field}
            schema["properties"][name] = {"anyOf": [field, {"type": "null"}], **about}


def _object(required: Iterable[str] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(required or properties)}


def _answers() -> dict[str, Any]:
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    cursor = {"type": "string", "description": "A position in the blog's history, EPOCH.SEQUENCE. Opaque to clients."}
    following = {"type": ["string", "null"], "description": "The `page` parameter for the next page; null at the end."}
    whole = {"type": "integer", "minimum": 0}
    time = {"type": "string", "format": "date-time"}

    def ref(name: str) -> dict[str, str]:
        return {"$ref": _REF.format(model=name)}

    def some(name: str) -> dict[str, Any]:
        return {"type": "array", "items": ref(name)}

    return {
        "BlogAnswer": _object(blog=ref("Blog"), cursor=cursor),
        "BlogList": _object(blogs=some("Blog"), next=following),
        "PostAnswer": _object(
            ["post", "cursor"],
            post=ref("Post"),
            cursor=cursor,
            warnings={
                **some("Warning"),
                "description": "What the post lacks, such as a text for a picture. Missing if it lacks nothing.",
            },
        ),
        "Warning": _object(
            pointer={**text, "description": "JSON Pointer into the post (RFC 6901)."},
            detail=text,
        ),
        "PostBatchAnswer": _object(posts=some("PostAnswer"), cursor=cursor),
        "PostList": _object(posts=some("Post"), next=following, cursor=cursor),
        "TombstoneAnswer": _object(post=ref("Tombstone"), cursor=cursor),
        "Revision": _object(
            revision=whole, at=time, by=text, changed=texts, post={"anyOf": [ref("Post"), ref("Tombstone")]}
        ),
        "RevisionList": _object(revisions=some("Revision"), next=following),
        "PreviewLink": _object(url={**text, "format": "uri"}, expires_at=time),
        "Stats": _object(readers=whole, posts=whole, cursor=cursor, last_delivery={**time, "type": ["string", "null"]}),
        "Changes": _object(
            cursor=cursor,
            # The other fields depend on the type: /asyncapi.json has them.
            messages={"type": "array", "items": {**_object(type=text, cursor=cursor), "additionalProperties": True}},
            more={"type": "boolean", "description": "Whether to ask again at once: this answer holds `limit` changes."},
            blog_status={
                **text,
                "enum": list(get_args(BlogStatus)),
                "description": "The blog's status now. At `ended` or `archived`, stop polling once `more` is false.",
            },
        ),
        "Act": _object(
            id=text,
            at=time,
            token={**text, "description": "The token's id; `admin` for the operator's own token."},
            name=text,
            address=text,
            agent=text,
            method=text,
            operation={**text, "description": "The `operationId` in this document, or the name of a command."},
            target=text,
            blog={"type": ["string", "null"]},
            status={**whole, "description": "The status of the response; 0 for a command."},
        ),
        "AuditList": _object(entries=some("Act"), next=following),
        "Picture": _object(
            url=text,
            width=whole,
            height=whole,
            srcset={**text, "description": "The addresses of all widths, narrowest first."},
        ),
        "Front": _object(name=text, version=text, blogs=text, docs=text, openapi=text, asyncapi=text),
        "State": _object(status=text),
        "FieldError": _object(
            ["detail"],
            pointer={**text, "description": "JSON Pointer into the body (RFC 6901)."},
            parameter={**text, "description": "The name of the parameter or header."},
            detail=text,
        ),
        "Problem": _object(
            ["type", "title", "status", "detail"],
            type=text,
            title=text,
            status=whole,
            detail=text,
            errors=some("FieldError"),
            current={
                "description": "With 412: the current revision.",
                "anyOf": [ref("Post"), ref("Tombstone"), ref("Blog"), {"type": "null"}],
            },
            tombstone={"description": "With 410: the tombstone of the deleted post.", **ref("Tombstone")},
            retry_after={**whole, "description": "With 429 and 503: seconds to wait before you try again."},
        ),
    }
