"""Whose token it is, and how many wrong ones an address may send."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from conftest import Clock
from stoppress import token_check
from stoppress.errors import Limited, Unauthenticated
from stoppress.settings import Settings
from stoppress.store.redis_store import RedisStore
from stoppress.store.tokens import RedisTokens
from stoppress.token_check import TokenCheck
from stoppress.token_scopes import OPERATOR
from stoppress.token_secrets import new_token

pytestmark = pytest.mark.anyio

ADMIN = "the-operators-own-and-nobody-elses"


@pytest.fixture
async def tokens(store: RedisStore, valkey_url: str) -> AsyncIterator[RedisTokens]:
    """The tokens of an empty store."""
    tokens = RedisTokens(valkey_url, Settings())
    yield tokens
    await tokens.close()


async def wrong(check: TokenCheck, address: str, text: str = "wrong") -> str:
    """What the server makes of a wrong token: the name of the error."""
    with pytest.raises((Unauthenticated, Limited)) as refused:
        await check.identify(f"Bearer {text}", address)
    return type(refused.value).__name__


async def test_an_address_sends_so_many_wrong_tokens_a_minute(tokens: RedisTokens, clock: Clock) -> None:
    check = TokenCheck(tokens, ADMIN, 3, clock)
    assert [await wrong(check, "192.0.2.1", f"try{i}") for i in range(4)] == [*["Unauthenticated"] * 3, "Limited"]
    clock.turn(seconds=20)
    with pytest.raises(Limited, match="3 wrong tokens") as refused:
        await check.identify(f"Bearer {ADMIN}", "192.0.2.1")  # also a right one: trying on is useless
    assert refused.value.retry_after == 40
    assert await check.identify(f"Bearer {ADMIN}", "192.0.2.2") is OPERATOR
    clock.turn(seconds=40)
    assert [await wrong(check, "192.0.2.1") for _ in range(4)] == [*["Unauthenticated"] * 3, "Limited"]


async def test_who_was_in_before_is_not_kept_out_by_a_neighbour(tokens: RedisTokens, clock: Clock) -> None:
    check = TokenCheck(tokens, ADMIN, 3, clock)
    record, text = new_token("desk", ["write"], [], None, clock())
    await tokens.add(record)
    assert (await check.identify(f"Bearer {text}", "192.0.2.1")).name == "desk"
    for _ in range(4):
        await wrong(check, "192.0.2.1")
    assert (await check.identify(f"Bearer {text}", "192.0.2.1")).name == "desk"
    await tokens.remove(record.id)
    assert [await wrong(check, "192.0.2.1", text) for _ in range(2)] == ["Unauthenticated", "Limited"]


async def test_the_addresses_of_one_ipv6_network_count_together(tokens: RedisTokens, clock: Clock) -> None:
    check = TokenCheck(tokens, ADMIN, 2, clock)
    found = [await wrong(check, address) for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3")]
    assert found == ["Unauthenticated", "Unauthenticated", "Limited"]
    assert await wrong(check, "2001:db8:0:1::1") == "Unauthenticated"


async def test_0_is_no_limit(tokens: RedisTokens, clock: Clock) -> None:
    check = TokenCheck(tokens, ADMIN, 0, clock)
    assert {await wrong(check, "192.0.2.1") for _ in range(100)} == {"Unauthenticated"}


async def test_the_table_of_addresses_has_a_bound(
    tokens: RedisTokens, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_check, "ADDRESSES_MAX", 5)
    check = TokenCheck(tokens, ADMIN, 1, clock)
    for i in range(6):
        await wrong(check, f"192.0.2.{i}")
    assert await wrong(check, "192.0.2.5") == "Limited"
    assert await wrong(check, "192.0.2.0") == "Unauthenticated"  # the oldest was dropped
