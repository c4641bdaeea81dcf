"""Problem responses (RFC 9457, `application/problem+json`). Only this module turns an error into HTTP.

The API, the event streams, the WebSocket handshake and the limit on a request's head all answer with the same members
and headers. `problem_response` returns status, headers and body for a framework's response. `raw_problem` returns the
bytes of an HTTP/1.1 response, for code that writes to the connection itself.
"""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from stoppress.errors import (
    Conflict,
    FieldError,
    Gone,
    Invalid,
    Limited,
    ParameterError,
    StaleRevision,
    StopPressError,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
_HEADERS = {
    "content-type": MEDIA_TYPE,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "frame-ancestors 'none'",
}


class ProblemResponse(NamedTuple):
    """An error as a response. `headers` have lower-case names, and no Content-Length."""

    status: int
    headers: dict[str, str]
    body: bytes


def problem_response(error: StopPressError) -> ProblemResponse:
    """An error as a response that no cache may store."""
    body = json.dumps(problem(error), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    headers = {**_HEADERS, **retry_headers(error)}
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="Stop Press"'
    return ProblemResponse(error.status, headers, body)


def raw_problem(error: StopPressError, headers: Mapping[str, str] | None = None) -> bytes:
    """An error as the bytes of an HTTP/1.1 response, after which the connection closes.

    `headers` (lower-case names) are added, and take precedence.
    """
    status, own, body = problem_response(error)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    all_headers = {
        "date": email.utils.formatdate(usegmt=True),  # RFC 9110, 6.6.1
        **own,
        "content-length": str(len(body)),
        "connection": "close",
        **(headers or {}),
    }
    lines += [f"{name}: {value}" for name, value in all_headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def problem(error: StopPressError) -> dict[str, Any]:
    """The members of a problem: `type`, `title`, `status`, `detail`, and the error's own data.

    That is `errors` of Invalid and Conflict, `tombstone` of Gone, `current` of StaleRevision (null if unknown), and
    `retry_after`, in seconds, of Unavailable and Limited.
    """
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    match error:
        case Invalid(errors=errors) if errors:
            members["errors"] = [_field(wrong) for wrong in errors]
        case Gone(tombstone=tombstone):
            members["tombstone"] = tombstone
        case StaleRevision(current=current):
            members["current"] = current
        case Conflict(errors=errors) if errors:
            members["errors"] = [_field(wrong) for wrong in errors]
        case Unavailable(retry_after=seconds) | Limited(retry_after=seconds):
            members["retry_after"] = seconds
    return members


def retry_headers(error: StopPressError) -> dict[str, str]:
    """A `Retry-After` header, in seconds, if the error says when to retry; else no headers."""
    return {"retry-after": str(error.retry_after)} if isinstance(error, Unavailable | Limited) else {}


def _field(wrong: FieldError) -> dict[str, str]:
    return {"parameter" if isinstance(wrong, ParameterError) else "pointer": wrong.pointer, "detail": wrong.detail}
