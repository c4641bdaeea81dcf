"""Headers that make a write conditional: `If-Match` (RFC 9110, 13.1.1) and `Idempotency-Key`."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request

from stoppress.store.base import Attempt
from stoppress.token_scopes import Caller
from stoppress.web.http.request import invalid

_ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def expected_revision(request: Request) -> int | None:
    """The revision that `If-Match` names; None if the header is missing or `*`.

    An entity tag that no revision can have (weak, or not a number) gives 0, which matches no revision: revisions begin
    at 1. Raises Invalid (400) when the header is not exactly one entity tag.
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    match = _ETAG.fullmatch(given.strip())
    if match is None:
        raise invalid("If-Match", f'expected one entity tag such as "3", but got {given[:80]!r}', 400)
    return int(match[2]) if not match[1] and match[2].isascii() and match[2].isdigit() and len(match[2]) < 16 else 0


def attempt(request: Request, caller: Caller, content: bytes, hours: int) -> Attempt | None:
    """The attempt that `Idempotency-Key` names; None without that header.

    The same key from another caller or on another path is another attempt. The key is remembered for `hours`.
    Raises Invalid (400) when the key is malformed.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key", f"expected 1 to 255 visible ASCII characters, but got {ascii(key)[:80]}", 400)
    name = "\n".join((caller.id or caller.name, request.method, request.url.path, key))
    return Attempt(hashlib.sha256(name.encode()).hexdigest(), hashlib.sha256(content).hexdigest(), hours * 3600)
