"""Who asks: the token of the `Authorization` header."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from stoppress.auth import ANONYMOUS, SCOPES, Caller, recognise, token_id
from stoppress.errors import Unauthenticated
from stoppress.web.newsroom import Newsroom

_ADMIN = Caller("admin", frozenset(SCOPES), id="admin")


async def caller(request: Request, newsroom: Newsroom) -> Caller:
    """The caller; ANONYMOUS without a token. Looked up at every request: a revoked token is refused at once.

    Raises:
        Unauthenticated: a token was sent, but does not count.
        Unavailable: the store can't be asked.
    """
    header = request.headers.get("authorization")
    if header is None:
        return ANONYMOUS
    scheme, _, text = header.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise Unauthenticated(f"expected 'Authorization: Bearer TOKEN', but got the scheme {scheme[:20]!r}")
    if newsroom.admin_token and hmac.compare_digest(text.encode(), newsroom.admin_token.encode()):
        return _ADMIN
    name = token_id(text)
    return recognise(text, await newsroom.tokens.get(name) if name else None, newsroom.clock())
