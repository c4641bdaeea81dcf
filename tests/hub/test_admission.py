"""Who may read: by number, by address."""

from __future__ import annotations

import random

import pytest

from stoppress.hub.admission import Admission, Full, Rush
from stoppress.settings import Settings


def test_room_is_made_by_leaving() -> None:
    admission = Admission(Settings(readers_max=2), random.Random(1))
    admission.admit(None)
    admission.admit(None)
    with pytest.raises(Full) as refused:
        admission.admit(None)
    assert 2 <= refused.value.retry_after <= 10
    admission.release(None)
    admission.admit(None)


def test_an_address_has_a_share_of_its_own() -> None:
    admission = Admission(Settings(readers_per_address=1), random.Random(1))
    admission.admit("192.0.2.1")
    with pytest.raises(Full, match=r"192\.0\.2\.1"):
        admission.admit("192.0.2.1")
    admission.admit("192.0.2.2")
    admission.release("192.0.2.1")
    admission.admit("192.0.2.1")
    assert admission.readers == 2


def test_a_rush_is_let_in_by_portions() -> None:
    now = 100.0
    admission = Admission(Settings(handshakes_per_second=10), random.Random(1), lambda: now)
    for _ in range(10):
        admission.admit(None)
    with pytest.raises(Rush, match="at most 10 new readers") as refused:
        admission.admit(None)
    assert 1 <= refused.value.retry_after <= 5
    assert admission.readers == 10
    now += 0.2
    admission.admit(None)
    admission.admit(None)
    with pytest.raises(Rush):
        admission.admit(None)
    now += 3_600  # quiet for an hour, and yet no more than a second's worth
    for _ in range(10):
        admission.admit(None)
    with pytest.raises(Rush):
        admission.admit(None)


def test_a_rush_has_no_bound_where_none_is_set() -> None:
    admission = Admission(Settings(handshakes_per_second=0), random.Random(1), lambda: 1.0)
    for _ in range(10_000):
        admission.admit(None)
