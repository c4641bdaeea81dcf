"""The tree of errors.

    StopPressError
    ├── Invalid             the input is wrong; names the fields and why     400, 413, 415, 422
    ├── Unauthenticated     no token, or one that is not valid               401
    ├── Forbidden           a valid token without the scope or the blog      403
    ├── NotFound            no such blog, post or page, or not visible       404
    ├── Gone                the post was deleted; carries its tombstone      410
    ├── Conflict            the current state does not allow it              409
    │   └── StaleRevision   somebody else was first; carries the current one 412
    ├── Misdirected         sent to a process that does not serve it         421
    ├── Limited             too many requests with one token                 429
    └── Unavailable         can't be done now; try again later               503
        └── WritesRefused   the store answers reads, but refuses writes      503

Each message names the wrong value. The API turns errors into problem+json (problem.py); the commands print only the
message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON Pointer (RFC 6901) into the input, and what is wrong there."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class ParameterError(FieldError):
    """One wrong query parameter or header. `pointer` is its name."""


class StopPressError(Exception):
    """The base of all errors that Stop Press raises."""

    status = 500
    title = "Internal error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(StopPressError):
    """The input is wrong. `status` is 400 (unreadable), 413 (too large), 415 (media type) or 422 (fields).

    `unnamed` is how many errors there are besides those in `errors`.
    """

    status = 422
    title = "Invalid input"

    def __init__(self, detail: str, errors: Sequence[FieldError] = (), *, status: int = 422, unnamed: int = 0) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)
        self.status = status
        self.unnamed = unnamed


class Unauthenticated(StopPressError):
    """There is no token, or it is unknown, expired or revoked."""

    status = 401
    title = "Unauthenticated"


class Forbidden(StopPressError):
    """The token is valid, but lacks the scope or does not cover the blog."""

    status = 403
    title = "Forbidden"


class NotFound(StopPressError):
    """The object does not exist, or the caller may not know that it does."""

    status = 404
    title = "Not found"


class Gone(StopPressError):
    """The post was deleted. `tombstone` has its id and the revision of its deletion."""

    status = 410
    title = "Gone"

    def __init__(self, detail: str, tombstone: dict[str, Any]) -> None:
        super().__init__(detail)
        self.tombstone = tombstone


class Conflict(StopPressError):
    """The current state does not allow the change. `errors` lists the obstacles if there are several."""

    status = 409
    title = "Conflict"

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class StaleRevision(Conflict):
    """The expected revision is not the current one. `current` is the object's current state."""

    status = 412
    title = "Stale revision"

    def __init__(self, detail: str, current: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.current = current


class Misdirected(StopPressError):
    """Only processes of another role serve this (STOPPRESS_ROLE): the proxy sent the request to the wrong process."""

    status = 421  # RFC 9110, 15.5.20
    title = "Misdirected request"


class Limited(StopPressError):
    """Too many requests with one token. `retry_after` is in seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(StopPressError):
    """The request can't be fulfilled now. `retry_after` is in seconds."""

    status = 503
    title = "Unavailable"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class WritesRefused(Unavailable):
    """The store answers, but accepts no writes: it is full, read-only, or can't reach its disk or its replicas."""

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail, retry_after)
