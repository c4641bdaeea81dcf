"""Identifies the caller by the token in the `Authorization` header."""

from __future__ import annotations

import hmac
from dataclasses import replace

from starlette.requests import Request

from stoppress.errors import Unauthenticated
from stoppress.token_scopes import ANONYMOUS, OPERATOR, Caller
from stoppress.token_secrets import recognise, token_id
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import refusal


async def caller(request: Request, context: Dependencies) -> Caller:
    """The caller of the request; ANONYMOUS if it has no token.

    The token is looked up once in each request, so a revoked token is refused at once.

    Raises:
        Unauthenticated: the token is malformed, unknown, expired or revoked.
        Limited: the token has used all its requests for this minute.
        Unavailable: the store can't be reached.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    header = request.headers.get("authorization")
    if header is None:
        return ANONYMOUS
    scheme, _, text = header.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise Unauthenticated(f"expected 'Authorization: Bearer TOKEN', but got the scheme {scheme[:20]!r}")
    if context.admin_token and hmac.compare_digest(text.encode(), context.admin_token.encode()):
        who = OPERATOR
    else:
        name = token_id(text)
        who = recognise(text, await context.tokens.get(name) if name else None, context.clock())
    request.state.caller = who
    quota = await context.limits.spend(who.id)
    if quota is not None:
        if quota.left < 0:
            request.state.quota = replace(quota, left=0)
            raise refusal(who.name, quota)
        request.state.quota = quota
    return who
