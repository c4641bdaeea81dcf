"""A problem for each status of an error, made from the errors that the server raises."""

from __future__ import annotations

from typing import Any

from stoppress.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    Limited,
    Misdirected,
    NotFound,
    ParameterError,
    StaleRevision,
    StopPressError,
    Unauthenticated,
    Unavailable,
)
from stoppress.problem import problem
from stoppress.web.contract.examples import story

_LIMIT = "expected a whole number from 1 to 100, but got 'all'"
_LENGTH = "expected a body of at most 1048576 bytes, but got 1100000"
_TYPE = "expected application/json, but got 'text/plain'"
_PINNED = "Input should be a valid boolean; got 'yes'"
_ERRORS: tuple[StopPressError, ...] = (
    Invalid(f"limit: {_LIMIT}", [ParameterError("limit", _LIMIT)], status=400),
    Unauthenticated("the token is unknown or was revoked"),
    Forbidden("this needs the scope 'publish', but the token 'newsroom' has: read, write"),
    NotFound("there is no blog 'storm-tide'"),
    Conflict("there is already a post 'high-water' in 'demo'"),
    Gone("the post 'high-water' was deleted", story.TOMBSTONE.model_dump(mode="json")),
    StaleRevision("expected revision 1, but the current one is 2", story.CORRECTED.model_dump(mode="json")),
    Invalid(f"Content-Length: {_LENGTH}", [ParameterError("Content-Length", _LENGTH)], status=413),
    Invalid(f"Content-Type: {_TYPE}", [ParameterError("Content-Type", _TYPE)], status=415),
    Misdirected("this process serves no live readers (STOPPRESS_ROLE=api); connect to one with the role hub or all"),
    Invalid(f"pinned: {_PINNED}", [FieldError("/pinned", _PINNED)]),
    Invalid(
        "this path serves WebSockets only; connect with a WebSocket client, or use /events or /changes", status=426
    ),
    Limited("the token 'newsroom' has used its 600 requests for this minute; try again in 12 s", retry_after=12),
    Unavailable("the store could not be read"),
)

PROBLEMS: dict[int, dict[str, Any]] = {error.status: problem(error) for error in _ERRORS}
