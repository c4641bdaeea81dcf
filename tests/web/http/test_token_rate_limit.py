"""Whose requests are limited. tests/web/api/test_who.py counts them over several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from conftest import Clock
from stoppress.errors import WritesRefused
from stoppress.store.base_tokens import TokenRecord
from stoppress.token_scopes import OPERATOR
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import TokenLimits

pytestmark = pytest.mark.anyio


async def left(limits: TokenLimits, token: str) -> list[int | None]:
    """What is left after each of three requests."""
    quotas = [await limits.spend(token) for _ in range(3)]
    return [None if quota is None else quota.left for quota in quotas]


async def test_every_token_but_the_operators_has_a_limit(context: Dependencies) -> None:
    limits = TokenLimits(context.tokens, 2, context.clock)
    assert await left(limits, "0123456789ab") == [1, 0, -1]
    assert await left(limits, OPERATOR.id) == [None, None, None]


async def test_a_quota_of_0_is_no_limit(context: Dependencies) -> None:
    assert await left(TokenLimits(context.tokens, 0, context.clock), "0123456789ab") == [None, None, None]


async def test_an_amount_is_spent_whole_or_not_at_all(context: Dependencies) -> None:
    limits = TokenLimits(context.tokens, 1_000, context.clock, "bytes")
    spent = [await limits.spend("0123456789ab", amount) for amount in (400, 0, 700, 500, 101, 100, 1)]
    assert [quota.left for quota in spent if quota] == [600, 600, -1, 100, -1, 0, -1]


async def test_a_request_that_waits_for_the_count_is_not_refused_for_what_others_spend(context: Dependencies) -> None:
    limits = TokenLimits(context.tokens, 1_000, context.clock, "bytes")
    await limits.spend("0123456789ab", 20)  # reserves 50
    quotas = await asyncio.gather(*(limits.spend("0123456789ab", amount) for amount in (60, 30)))
    assert all(quota and quota.left >= 0 for quota in quotas)


async def test_bytes_and_requests_are_counted_apart_and_over_all_processes(context: Dependencies, clock: Clock) -> None:
    requests = TokenLimits(context.tokens, 10, clock)
    here, elsewhere = (TokenLimits(context.tokens, 1_000, clock, "bytes") for _ in range(2))
    spent = 0
    while (quota := await here.spend("0123456789ab", 30)) and quota.left >= 0:
        spent += 30
        if (other := await elsewhere.spend("0123456789ab", 7)) and other.left >= 0:
            spent += 7
    assert 900 <= spent <= 1_000  # another process may keep what it reserved, a twentieth at most
    assert await left(requests, "0123456789ab") == [9, 8, 7]
    clock.turn(minutes=1)
    quota = await here.spend("0123456789ab", 30)
    assert quota and quota.left == 970


class RefusingTokens:
    """Tokens in a store that refuses writes."""

    async def add(self, token: TokenRecord) -> None:
        raise WritesRefused("the store's memory is full")

    async def get(self, token: str) -> TokenRecord | None:
        return None

    async def all(self) -> Sequence[TokenRecord]:
        return []

    async def remove(self, token: str) -> bool:
        raise WritesRefused("the store's memory is full")

    async def preview_key(self) -> bytes:
        raise WritesRefused("the store's memory is full")

    async def count(self, token: str, window: int, by: int, *, seconds: int) -> int:
        raise WritesRefused("the store's memory is full")


async def test_while_the_store_refuses_writes_each_process_limits_by_its_own_count(context: Dependencies) -> None:
    limits = TokenLimits(RefusingTokens(), 2, context.clock)
    assert await left(limits, "0123456789ab") == [1, 0, -1]
