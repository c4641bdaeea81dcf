"""Identifies the caller by the token in the `Authorization` header."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from stoppress.token_scopes import ANONYMOUS, Caller
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import refusal


async def caller(request: Request, context: Dependencies) -> Caller:
    """The caller of the request; ANONYMOUS if it has no token.

    The token is looked up once in each request, so a revoked token is refused at once.

    Raises:
        Unauthenticated: the token is malformed, unknown, expired or revoked.
        Limited: the token has used all its requests for this minute, or the address has sent too many wrong tokens.
        Unavailable: the store can't be reached.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    header = request.headers.get("authorization")
    if header is None:
        return ANONYMOUS
    who = await context.token_check.identify(header, request.client.host if request.client else "")
    request.state.caller = who
    quota = await context.limits.spend(who.id)
    if quota is not None:
        if quota.left < 0:
            request.state.quota = replace(quota, left=0)
            raise refusal(who.name, quota)
        request.state.quota = quota
    return who
