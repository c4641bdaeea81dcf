"""Limits how many requests a token may make per minute, over all processes.

Each process reserves a batch of requests from a shared count in the store and then counts them down locally, so that
most requests need no write to the store. Requests that a process reserves and does not use are lost to the other
processes for that minute. With several processes a token may therefore be limited slightly early, but never late.
Only while the store refuses writes is there no shared count: each process then limits by its own, so that reads with a
token still work.

The operator's token (`STOPPRESS_ADMIN_TOKEN`) has no limit, so that the operator can still act when a script sends too
much (docs/decisions/0016).

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "token";q=QUOTA;w=SECONDS` and
`RateLimit: "token";r=LEFT;t=SECONDS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from stoppress.editing.schedule import Clock
from stoppress.errors import Limited, WritesRefused
from stoppress.store.base_tokens import Tokens
from stoppress.token_scopes import OPERATOR
from stoppress.web.http.endpoint import Endpoint

WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Quota:
    """What a token has left: `left` of its `quota` requests. The window ends in `seconds`."""

    quota: int
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """The `RateLimit-Policy` and `RateLimit` headers, with names in lower case."""
        return {
            "ratelimit-policy": f'"token";q={self.quota};w={WINDOW}',
            "ratelimit": f'"token";r={self.left};t={self.seconds}',
        }


@dataclass(slots=True)
class _Window:
    window: int
    mine: int = 0  # requests reserved from the shared count and not yet spent
    common: int = 0  # requests left in the shared count when this process last read it
    granted: int = 0  # requests that this process has reserved in this window
    empty: bool = False


class TokenLimits:
    """The limit of each token but the operator's; no limit when `quota` is 0."""

    def __init__(self, tokens: Tokens, quota: int, clock: Clock) -> None:
        self._tokens = tokens
        self._quota = quota
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    async def spend(self, token: str) -> Quota | None:
        """Count one request of the token, and return what is left; None when it has no limit.

        `token` is the token's id. `left` is -1 when the token had no request left. Raises Unavailable when the store
        can't be reached.
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
        if spent.mine == 0 and not spent.empty:
            wanted = max(1, self._quota // 20)
            try:
                before = await self._tokens.count(token, window, wanted, seconds=2 * WINDOW)
            except WritesRefused:
                before = spent.granted
            granted = max(0, min(wanted, self._quota - before))
            spent.granted += granted
            spent.mine += granted
            spent.common = max(0, self._quota - before - granted)
            spent.empty = granted < wanted
        if spent.mine == 0:
            return Quota(self._quota, -1, seconds)
        spent.mine -= 1
        return Quota(self._quota, spent.mine + spent.common, seconds)


def refusal(name: str, quota: Quota) -> Limited:
    """The error for a token that has used its quota."""
    return Limited(
        f"the token {name!r} has used its {quota.quota} requests for this minute; try again in {quota.seconds} s",
        quota.seconds,
    )


def with_quota(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with the `RateLimit` headers of the caller's token added to its responses."""

    async def run(request: Request) -> Response:
        response = await endpoint(request)
        quota: Quota | None = getattr(request.state, "quota", None)
        if quota is not None:
            response.headers.update(quota.headers())
        return response

    return run
