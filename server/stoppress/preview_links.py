"""Links that show a private blog's page to people without a token, until they expire.

A link carries `EXPIRES.SIGNATURE`: the time at which it expires, in seconds since 1970, and an HMAC-SHA-256 (RFC 2104)
of that time, the blog and its epoch. The key is in the store, so every process knows it. The epoch is part of it, so
that a link does not open another blog that is later created with the same id.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stoppress.store.base import BlogState
from stoppress.store.base_tokens import Tokens


class PreviewLinks:
    """Signs and checks preview links, which are valid for `hours`."""

    def __init__(self, tokens: Tokens, hours: int, clock: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._hours = hours
        self._clock = clock

    async def sign(self, state: BlogState) -> tuple[str, datetime]:
        """The signed text for a link to the blog, and when it expires. Raises Unavailable."""
        expires_at = (self._clock() + timedelta(hours=self._hours)).replace(microsecond=0)
        expires = int(expires_at.timestamp())
        return f"{expires}.{await self._signature(state, expires)}", expires_at.astimezone(UTC)

    async def valid(self, state: BlogState, text: str) -> bool:
        """Whether `text` was signed for this blog and has not expired. Raises Unavailable."""
        expires, _, signature = text.partition(".")
        if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
            return False
        if int(expires) <= self._clock().timestamp():
            return False
        return hmac.compare_digest((await self._signature(state, int(expires))).encode(), signature.encode())

    async def _signature(self, state: BlogState, expires: int) -> str:
        message = f"{state.blog.id}\n{state.cursor.epoch}\n{expires}"
        return hmac.new(await self._tokens.preview_key(), message.encode(), hashlib.sha256).hexdigest()
