"""How many requests a token may make in a minute, over all processes.

Each process takes a few requests at a time from a common count in the store and gives them out by itself, so that the
count costs one write in many requests. What it has taken and not given out is lost to the others for that minute: with
several processes a token may be held a little short of its limit, never past it.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "token";q=QUOTA;w=SECONDS` and
`RateLimit: "token";r=LEFT;t=SECONDS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from stoppress.editing.blogs import Clock
from stoppress.errors import Limited
from stoppress.store.base_tokens import Tokens

WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Quota:
    """What a token has left: `left` requests of `quota`, until `seconds` from now."""

    quota: int
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """As the draft writes it."""
        return {
            "ratelimit-policy": f'"token";q={self.quota};w={WINDOW}',
            "ratelimit": f'"token";r={self.left};t={self.seconds}',
        }


@dataclass(slots=True)
class _Window:
    window: int
    mine: int = 0  # taken from the common count and not yet spent
    common: int = 0  # left in the common count when last looked at
    empty: bool = False


class Limits:
    """The limit of each token; no limit when `quota` is 0."""

    def __init__(self, tokens: Tokens, quota: int, clock: Clock) -> None:
        self._tokens = tokens
        self._quota = quota
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    async def spend(self, token: str) -> Quota | None:
        """Take one request off what the token has left; None when there is no limit. `left` is -1 when there was
        nothing to take. Raises Unavailable."""
        if not self._quota:
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
            before = await self._tokens.count(token, window, wanted, seconds=2 * WINDOW)
            granted = max(0, min(wanted, self._quota - before))
            spent.mine += granted
            spent.common = max(0, self._quota - before - granted)
            spent.empty = granted < wanted
        if spent.mine == 0:
            return Quota(self._quota, -1, seconds)
        spent.mine -= 1
        return Quota(self._quota, spent.mine + spent.common, seconds)


def refusal(name: str, quota: Quota) -> Limited:
    """What a token that has nothing left is told."""
    return Limited(
        f"the token {name!r} has made its {quota.quota} requests of this minute; go on in {quota.seconds} s",
        quota.seconds,
    )
