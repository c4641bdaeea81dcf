"""How long the loop let others wait: told of every stop while there is work, looked for seldom while there is none."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from stoppress.hub.upkeep.loop_delay import LoopDelay
from waiting import eventually

pytestmark = pytest.mark.anyio


def hold_up(seconds: float) -> None:
    """Let nobody else have the loop: the very stop that is to be told of, which waits for nothing."""
    time.sleep(seconds)


@contextlib.asynccontextmanager
async def looking() -> AsyncIterator[tuple[LoopDelay, list[float]]]:
    """Stops that are looked for, and what was told so far."""
    told: list[float] = []
    stops = LoopDelay(told.append)
    stops.note_work()  # before it runs: nothing to bring forward
    looks = asyncio.create_task(stops.run())
    await asyncio.sleep(0)
    try:
        yield stops, told
    finally:
        looks.cancel()
        await asyncio.wait([looks])


async def test_a_stop_while_there_is_work_is_told_almost_whole() -> None:
    async with looking() as (stops, told):
        stops.note_work()
        hold_up(0.2)

        async def told_of_it() -> bool:
            return bool(told) and max(told) >= 0.15

        await eventually(told_of_it, "the stop is told")


async def test_while_there_is_nothing_to_do_it_looks_four_times_a_second() -> None:
    async with looking() as (_, told):
        began = time.monotonic()

        async def looked_twice() -> bool:
            return len(told) >= 2

        await eventually(looked_twice, "two looks")
        assert time.monotonic() - began > 0.45


async def test_a_look_that_is_brought_forward_tells_nothing_and_brings_more_soon() -> None:
    async with looking() as (stops, told):
        stops.note_work()
        assert told == []
        began = time.monotonic()

        async def looked() -> bool:
            stops.note_work()
            return len(told) >= 3

        await eventually(looked, "three looks")
        assert told and time.monotonic() - began > 0.05


async def test_a_look_that_is_overdue_when_work_begins_is_told() -> None:
    async with looking() as (stops, told):
        hold_up(0.4)  # a look was due after 0.25
        await asyncio.sleep(0)
        stops.note_work()

        async def told_of_it() -> bool:
            return bool(told) and max(told) >= 0.1

        await eventually(told_of_it, "the stop is told")


async def test_it_looks_no_more_once_it_was_ended() -> None:
    async with looking() as (ended, seen):
        ended.note_work()

        async def looked() -> bool:
            return len(seen) >= 1

        await eventually(looked, "a look")
    before = len(seen)
    ended.note_work()
    async with looking() as (_, others):

        async def looked_twice() -> bool:
            return len(others) >= 2

        # Begun after the other one ended, and as seldom: had that one a look to come, it would come before these.
        await eventually(looked_twice, "two looks of another")
    assert len(seen) == before
