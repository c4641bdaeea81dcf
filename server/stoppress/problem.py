"""An error as HTTP says it: RFC 9457, `application/problem+json`. The API and the hub answer alike by this."""

from __future__ import annotations

from typing import Any

from stoppress.errors import Conflict, FieldError, Gone, Invalid, Limited, StaleRevision, StopPressError, Unavailable

MEDIA_TYPE = "application/problem+json"


def problem(error: StopPressError) -> dict[str, Any]:
    """The problem's members: `type`, `title`, `status`, `detail`, and what the error carries.

    That is `errors` of Invalid and Conflict, `tombstone` of Gone, `current` of StaleRevision (null when unknown) and
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


def problem_headers(error: StopPressError) -> dict[str, str]:
    """The headers that go with it: never kept by a cache, and when to come back, if that is known."""
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
    if isinstance(error, Unavailable | Limited):
        headers["retry-after"] = str(error.retry_after)
    return headers


def _field(wrong: FieldError) -> dict[str, str]:
    # A JSON Pointer is empty or starts with a slash (RFC 6901, 3); anything else names a parameter of the request.
    where = "parameter" if wrong.pointer and not wrong.pointer.startswith("/") else "pointer"
    return {where: wrong.pointer, "detail": wrong.detail}
