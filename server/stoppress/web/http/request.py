"""How requests are read: the body, the conditions, the query. Each thing that is wrong is named with its value."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any

from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from stoppress.auth import Caller
from stoppress.errors import Invalid, ParameterError
from stoppress.query import Query
from stoppress.store.base import Attempt

_JSON_TYPES = {"", "application/json", "application/merge-patch+json"}
_ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def invalid(name: str, detail: str, status: int = 422) -> Invalid:
    """A header, a parameter of the path or a body that is wrong, by its name."""
    return Invalid(f"{name}: {detail}", [ParameterError(name, detail)], status=status)


async def body(
    request: Request, limit: int, *, kinds: Collection[str] = _JSON_TYPES, expected: str = "application/json"
) -> bytes:
    """The body.

    Raises:
        Invalid: 415 when it is said to be something else than `expected`, 413 when it is over the limit (said so or
            found so: no more than the limit is ever kept).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise invalid("Content-Type", f"expected {expected}, but got {kind[:80]!r}", 415)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise invalid("Content-Length", f"a body of {declared} bytes is over the limit of {limit}", 413)
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise invalid("body", f"a body of more than {limit} bytes is over the limit", 413)
    except ClientDisconnect as error:
        raise Invalid("the body ended early", status=400) from error
    return bytes(content)


def parse_json(content: bytes) -> Any:
    """The JSON value. Raises Invalid (400) with the place where it is none."""
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        start = content[:80].decode(errors="replace")
        raise invalid("body", f"expected JSON, but {error}; it starts with {start!r}", 400) from error


def expected_revision(request: Request) -> int | None:
    """The revision that `If-Match` names; None if there is no such header, or `*`.

    A tag that is none of ours (weak, or not a number) matches no revision: 0 stands for it, since revisions begin at 1.
    Raises Invalid (400) when it is no list of entity tags, or names several.
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    match = _ETAG.fullmatch(given.strip())
    if match is None:
        raise invalid("If-Match", f'expected one entity tag such as "3", but got {given[:80]!r}', 400)
    return int(match[2]) if not match[1] and match[2].isascii() and match[2].isdigit() and len(match[2]) < 16 else 0


def attempt(request: Request, caller: Caller, content: bytes, hours: int) -> Attempt | None:
    """The try that `Idempotency-Key` names: the key counts for one caller and one route. Raises Invalid (400)."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key", f"expected 1 to 255 visible ASCII characters, but got {ascii(key)[:80]}", 400)
    name = "\n".join((caller.id or caller.name, request.method, request.url.path, key))
    return Attempt(hashlib.sha256(name.encode()).hexdigest(), hashlib.sha256(content).hexdigest(), hours * 3600)


def wants_page(request: Request) -> bool:
    """Whether a browser asks: for HTML, and not for JSON as well."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and "application/json" not in accepted


def query(request: Request) -> Query:
    """The values of the query, which was judged before the endpoint was called (site.py)."""
    found: Query = request.state.query
    return found
