"""Who may read: by number, by address."""

from __future__ import annotations

import random

import pytest

from stoppress.hub.connection_limits import ConnectionLimits, Full, RateExceeded
from stoppress.settings import Settings


def test_room_is_made_by_leaving() -> None:
    limits = ConnectionLimits(Settings(readers_max=2), random.Random(1))
    limits.admit(None)
    limits.admit(None)
    with pytest.raises(Full) as refused:
        limits.admit(None)
    assert 2 <= refused.value.retry_after <= 10
    limits.release(None)
    limits.admit(None)


def test_an_address_has_a_share_of_its_own() -> None:
    limits = ConnectionLimits(Settings(readers_per_address=1), random.Random(1))
    limits.admit("192.0.2.1")
    with pytest.raises(Full, match=r"192\.0\.2\.1"):
        limits.admit("192.0.2.1")
    limits.admit("192.0.2.2")
    limits.release("192.0.2.1")
    limits.admit("192.0.2.1")
    assert limits.readers == 2


def test_a_rush_is_let_in_by_tokens() -> None:
    now = 100.0
    limits = ConnectionLimits(Settings(handshakes_per_second=10), random.Random(1), lambda: now)
    for _ in range(10):
        limits.admit(None)
    with pytest.raises(RateExceeded, match="at most 10 new readers") as refused:
        limits.admit(None)
    assert 1 <= refused.value.retry_after <= 5
    assert limits.readers == 10
    now += 0.2
    limits.admit(None)
    limits.admit(None)
    with pytest.raises(RateExceeded):
        limits.admit(None)
    now += 3_600  # quiet for an hour, and yet no more than a second's worth
    for _ in range(10):
        limits.admit(None)
    with pytest.raises(RateExceeded):
        limits.admit(None)


def test_a_rush_has_no_bound_where_none_is_set() -> None:
    limits = ConnectionLimits(Settings(handshakes_per_second=0), random.Random(1), lambda: 1.0)
    for _ in range(10_000):
        limits.admit(None)
