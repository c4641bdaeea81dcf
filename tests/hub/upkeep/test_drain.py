"""The plan of a stop: everybody once, in batches over the grace time, back evenly over the spread."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from stoppress.hub.upkeep.drain import BATCHES, batches


@given(
    readers=st.integers(0, 3_000),
    grace=st.floats(0.1, 60),
    spread=st.floats(0.1, 60),
    taken_over=st.booleans(),
    seed=st.integers(0, 9),
)
def test_everybody_is_let_go_once_in_time_and_none_is_to_come_back_before_going(
    readers: int, grace: float, spread: float, taken_over: bool, seed: int
) -> None:
    plan = list(batches(readers, grace=grace, spread=spread, taken_over=taken_over, chance=random.Random(seed)))
    assert sum(len(batch.delays) for batch in plan) == readers
    assert len(plan) <= BATCHES
    assert [batch.after for batch in plan] == sorted(batch.after for batch in plan)
    assert all(0 <= batch.after < grace for batch in plan)
    assert all(0 <= delay <= (grace + spread) * 1000 for batch in plan for delay in batch.delays)
    sizes = [len(batch.delays) for batch in plan]
    assert not sizes or max(sizes) - min(sizes) <= 1


@given(readers=st.integers(1, 3_000), taken_over=st.booleans())
def test_each_arrives_in_its_own_share_of_the_spread(readers: int, taken_over: bool) -> None:
    plan = list(batches(readers, grace=4, spread=10, taken_over=taken_over, chance=random.Random(1)))
    back = sorted(batch.after + delay / 1000 for batch in plan for delay in batch.delays)
    lasts = 4 * len(plan) / BATCHES
    if not taken_over:
        assert back[0] >= lasts - 0.001, "nobody comes back before this process is gone"
    first = 0 if taken_over else lasts
    for place, moment in enumerate(back):
        # A reader can't come back before it was let go, so the first of a batch may be up to a batch later.
        assert abs(moment - first - 10 * place / readers) <= 10 / readers + 4 / BATCHES


def test_few_readers_are_let_go_at_once() -> None:
    (batch,) = batches(20, grace=5, spread=10, taken_over=True, chance=random.Random(1))
    assert batch.after == 0


def test_without_readers_there_is_nothing_to_do() -> None:
    assert list(batches(0, grace=5, spread=10, taken_over=False, chance=random.Random(1))) == []
