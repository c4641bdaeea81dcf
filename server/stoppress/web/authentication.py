"""Identifies the caller by the token in the `Authorization` header."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache

from starlette.requests import Request

from stoppress.token_scopes import ANONYMOUS, Caller
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import refusal

_log = logging.getLogger("stoppress.web")


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
    peer = request.client.host if request.client else ""
    who = await context.token_check.identify(header, peer)
    request.state.caller = who
    if not context.settings.trusted_proxies and "x-forwarded-for" in request.headers:
        _warn_of_unlisted_proxy(peer)
    quota = await context.limits.spend(who.id)
    if quota is not None:
        if quota.left < 0:
            request.state.quota = replace(quota, left=0)
            raise refusal(who.name, quota)
        request.state.quota = quota
    return who


@lru_cache(maxsize=16)  # once for each address; only callers with a valid token get here
def _warn_of_unlisted_proxy(peer: str) -> None:
    _log.warning(
        "X-Forwarded-For from %s is ignored, because STOPPRESS_TRUSTED_PROXIES is empty. If your proxy has that "
        "address, list it there. Until then, all readers and editors seem to come from it",
        peer,
    )
