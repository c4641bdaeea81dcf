"""Stores tokens in Redis: implements base_tokens.Tokens."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from stoppress.settings import Settings
from stoppress.store.base_tokens import TokenRecord
from stoppress.store.record_format import dump_token, load_token
from stoppress.store.redis_connection import connect, drop_idle, reachable
from stoppress.store.redis_keys import PREVIEW_KEY, RATE, TOKENS


class RedisTokens:
    """Tokens in one hash, by their ids."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._redis = connect(url, settings, retries=3)

    async def add(self, token: TokenRecord) -> None:
        """Store a token; see base_tokens.Tokens."""
        with reachable("storing a token"):
            await self._redis.hset(TOKENS, token.id, dump_token(token))

    async def get(self, token: str) -> TokenRecord | None:
        """The token with this id; see base_tokens.Tokens."""
        with reachable("looking up a token"):
            text = await self._redis.hget(TOKENS, token)
        return load_token(text) if text else None

    async def all(self) -> Sequence[TokenRecord]:
        """All tokens; see base_tokens.Tokens."""
        with reachable("listing the tokens"):
            texts = await self._redis.hvals(TOKENS)
        return sorted(map(load_token, texts), key=lambda token: (token.created_at, token.id))

    async def remove(self, token: str) -> bool:
        """Delete a token; see base_tokens.Tokens."""
        with reachable("revoking a token"):
            return bool(await self._redis.hdel(TOKENS, token))

    async def count(self, token: str, window: int, by: int, *, seconds: int) -> int:
        """Count requests of a token; see base_tokens.Tokens."""
        key = f"{RATE}{token}:{window}"
        with reachable("counting requests"):
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incrby(key, by)
                pipe.expire(key, seconds)
                after, _ = await pipe.execute()
        return int(after) - by

    async def preview_key(self) -> bytes:
        """The key that signs preview links; see base_tokens.Tokens."""
        with reachable("reading the key of preview links"):
            key = await self._redis.get(PREVIEW_KEY)
            if key is None:
                await self._redis.set(PREVIEW_KEY, secrets.token_hex(32), nx=True)
                key = await self._redis.get(PREVIEW_KEY)
        return str(key).encode()

    async def reconnect(self) -> None:
        """Drop idle connections: they may have died while the store was away."""
        await drop_idle(self._redis)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
