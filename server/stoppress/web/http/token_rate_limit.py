"""Limits how many requests a token may make per minute, and how many bytes of bodies they may have, over all processes.

Each process reserves a batch of requests, or of bytes, from a shared count in the store and then counts them down
locally, so that most requests need no write to the store. What a process reserves and does not use is lost to the other
processes for that minute. With several processes a token may therefore be limited slightly early, but never late.
Only while the store refuses writes is there no shared count: each process then limits by its own, so that reads with a
token still work.

The operator's token (`STOPPRESS_ADMIN_TOKEN`) has no limit, so that the operator can still act when a script sends too
much (docs/decisions/0016).

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "token";q=QUOTA;w=SECONDS` and
`RateLimit: "token";r=LEFT;t=SECONDS`. The limit of bytes is `"bytes";q=QUOTA;qu="content-bytes";w=SECONDS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from stoppress.editing.schedule import Clock
from stoppress.errors import Limited, WritesRefused
from stoppress.store.base_tokens import Tokens
from stoppress.token_scopes import OPERATOR, Caller
from stoppress.web.http.endpoint import Endpoint

WINDOW = 60  # seconds
Unit = Literal["requests", "bytes"]


@dataclass(frozen=True, slots=True)
class Quota:
    """The rest of a token's quota: `left` of `quota` requests or bytes. The window ends in `seconds`."""

    unit: Unit
    quota: int
    left: int
    seconds: int

    @property
    def policy(self) -> str:
        """The item of the `RateLimit-Policy` header."""
        if self.unit == "bytes":
            return f'"bytes";q={self.quota};qu="content-bytes";w={WINDOW}'
        return f'"token";q={self.quota};w={WINDOW}'

    @property
    def state(self) -> str:
        """The item of the `RateLimit` header."""
        name = "bytes" if self.unit == "bytes" else "token"
        return f'"{name}";r={self.left};t={self.seconds}'


@dataclass(slots=True)
class _Window:
    window: int
    mine: int = 0  # requests or bytes reserved from the shared count and not yet spent
    common: int = 0  # those left in the shared count when this process last read it
    granted: int = 0  # those that this process has reserved in this window
    empty: bool = False


class TokenLimits:
    """The limit of each token but the operator's, in requests or in bytes; no limit when `quota` is 0."""

    def __init__(self, tokens: Tokens, quota: int, clock: Clock, unit: Unit = "requests") -> None:
        self._tokens = tokens
        self._quota = quota
        self._clock = clock
        self._unit = unit
        self._windows: dict[str, _Window] = {}

    async def spend(self, token: str, amount: int = 1) -> Quota | None:
        """Count so many requests or bytes of the token, and return what is left; None when it has no limit.

        `token` is the token's id. `left` is -1, and nothing is spent, when the token had not so much left. Raises
        Unavailable when the store can't be reached.
        """
        if not self._quota or token == OPERATOR.id:
            return None
        now = self._clock().timestamp()
        window = int(now // WINDOW)
        seconds = int((window + 1) * WINDOW - now) + 1
        spent = self._windows.get(token)
        if spent is None or spent.window != window:
            if len(self._windows) > 1_000:
                self._windows = {name: kept for name, kept in self._windows.items() if kept.window == window}
            spent = self._windows[token] = _Window(window)
        # Again if another request has spent of it while this one waited for the store.
        while spent.mine < amount and not spent.empty:
            wanted = max(amount - spent.mine, self._quota // 20)
            counted = token if self._unit == "requests" else f"{token}:{self._unit}"
            try:
                before = await self._tokens.count(counted, window, wanted, seconds=2 * WINDOW)
            except WritesRefused:
                before = spent.granted
            granted = max(0, min(wanted, self._quota - before))
            spent.granted += granted
            spent.mine += granted
            spent.common = max(0, self._quota - before - granted)
            spent.empty = granted < wanted
        if spent.mine < amount:
            return Quota(self._unit, self._quota, -1, seconds)
        spent.mine -= amount
        return Quota(self._unit, self._quota, spent.mine + spent.common, seconds)


def refusal(name: str, quota: Quota) -> Limited:
    """The error for a token, named `name`, that has used its quota."""
    if quota.unit == "bytes":
        detail = (
            f"the token {name!r} may send {quota.quota} bytes of request bodies in a minute "
            f"(STOPPRESS_RATE_LIMIT_BYTES), and has fewer left than this body has; try again in {quota.seconds} s"
        )
    else:
        detail = (
            f"the token {name!r} has used its {quota.quota} requests for this minute; try again in {quota.seconds} s"
        )
    return Limited(detail, quota.seconds)


async def spend_bytes(request: Request, limits: TokenLimits, amount: int) -> None:
    """Count bytes of the request's body for its caller, whose token was checked. Raises Limited, Unavailable."""
    who: Caller = request.state.caller
    quota = await limits.spend(who.id, amount)
    if quota is None:
        return
    if quota.left < 0:
        request.state.byte_quota = replace(quota, left=0)
        raise refusal(who.name, quota)
    request.state.byte_quota = quota


def with_quota(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with the `RateLimit` headers of the caller's token added to its responses."""

    async def run(request: Request) -> Response:
        response = await endpoint(request)
        known = (getattr(request.state, name, None) for name in ("quota", "byte_quota"))
        if quotas := [quota for quota in known if quota is not None]:
            response.headers["ratelimit-policy"] = ", ".join(quota.policy for quota in quotas)
            response.headers["ratelimit"] = ", ".join(quota.state for quota in quotas)
        return response

    return run
