"""What can go wrong, as one small tree.

    StopPressError
    ├── Invalid             the input is wrong: which fields, why            400, 413, 415, 422
    ├── Unauthenticated     no token, or none that counts                    401
    ├── Forbidden           a good token without the scope or the blog       403
    ├── NotFound            no such blog, post, page (or not for this eye)   404
    ├── Gone                the post was deleted; carries its tombstone      410
    ├── Conflict            the state does not allow it                      409
    │   └── StaleRevision   somebody else was first; carries what stands     412
    ├── Misdirected         another process serves that, this one never will 421
    ├── Limited             too many requests with one token                 429
    └── Unavailable         cannot be promised now; try again later          503

Each message names the value that was wrong. The API turns the tree into problem+json
(problem.py); the commands print the message alone.
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
    """One wrong parameter of the query, or one wrong header: `pointer` is its name."""


class StopPressError(Exception):
    """The root: everything that Stop Press itself raises."""

    status = 500
    title = "Internal error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(StopPressError):
    """The input is wrong. `status` tells how: 400 unreadable, 413 too large, 415 type, 422 fields."""

    status = 422
    title = "Invalid input"

    def __init__(self, detail: str, errors: Sequence[FieldError] = (), *, status: int = 422) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)
        self.status = status


class Unauthenticated(StopPressError):
    """No token, or one that is unknown, expired or revoked."""

    status = 401
    title = "Unauthenticated"


class Forbidden(StopPressError):
    """The token is good, but lacks the scope or does not cover the blog."""

    status = 403
    title = "Forbidden"


class NotFound(StopPressError):
    """There is no such thing, or the caller may not know of it."""

    status = 404
    title = "Not found"


class Gone(StopPressError):
    """The post was deleted. `tombstone` is its id and the revision of its deletion."""

    status = 410
    title = "Gone"

    def __init__(self, detail: str, tombstone: dict[str, Any]) -> None:
        super().__init__(detail)
        self.tombstone = tombstone


class Conflict(StopPressError):
    """The state as it stands does not allow the change. `errors` name what is in the way, where there are several."""

    status = 409
    title = "Conflict"

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class StaleRevision(Conflict):
    """The expected revision is not the current one. `current` is the object as it stands."""

    status = 412
    title = "Stale revision"

    def __init__(self, detail: str, current: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.current = current


class Misdirected(StopPressError):
    """Processes of another role serve that (STOPPRESS_ROLE): the proxy in front sent it to the wrong one."""

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
    """The promise can't be kept now. `retry_after` is in seconds."""

    status = 503
    title = "Unavailable"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
