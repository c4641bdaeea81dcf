"""Parses the JSON of a request's body."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from stoppress.errors import Invalid, ParameterError


def parse_json(content: bytes) -> Any:
    """The JSON value in `content`. Raises Invalid (400), with the position of the error, when it is not JSON."""
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        detail = f"expected JSON, but {error}; it starts with {content[:80].decode(errors='replace')!r}"
        raise Invalid(f"body: {detail}", [ParameterError("body", detail)], status=400) from error
