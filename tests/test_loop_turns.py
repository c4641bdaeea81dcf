"""Long work on the event loop, in turns."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from stoppress.loop_turns import LoopTurns

pytestmark = pytest.mark.anyio


def every_look_takes_a_millisecond() -> LoopTurns:
    milliseconds = itertools.count()
    return LoopTurns(clock=lambda: next(milliseconds) / 1_000)


def steps(number: int, log: list[tuple[str, int]], name: str) -> Iterator[int]:
    """So many steps, each noted when it is done."""
    for step in range(number):
        log.append((name, step))
        yield step


async def test_all_results_come_in_order() -> None:
    turns = every_look_takes_a_millisecond()
    assert await turns.run(range(23)) == list(range(23))
    assert await turns.run([]) == []


async def test_work_is_divided_into_turns_which_alternate() -> None:
    turns = every_look_takes_a_millisecond()
    log: list[tuple[str, int]] = []
    await asyncio.gather(turns.run(steps(10, log, "a")), turns.run(steps(10, log, "b")))
    assert [name for name, _ in itertools.groupby(name for name, _ in log)] == ["a", "b", "a", "b"]


async def test_each_pass_of_the_loop_has_one_turn() -> None:
    turns = every_look_takes_a_millisecond()
    log: list[tuple[str, int]] = []
    sizes: list[int] = []

    async def look() -> None:
        before = 0
        while len(log) < 60:
            await asyncio.sleep(0)
            sizes.append(len(log) - before)
            before = len(log)

    await asyncio.gather(look(), *(turns.run(steps(10, log, str(number))) for number in range(6)))
    assert max(sizes) <= 5, "however many have work to do"


async def test_a_step_that_fails_or_a_task_that_is_cancelled_leaves_the_turns_to_others() -> None:
    turns = every_look_takes_a_millisecond()
    with pytest.raises(ZeroDivisionError):
        await turns.run(1 // number for number in (1, 0))
    endless = asyncio.create_task(turns.run(itertools.repeat(0)))
    await asyncio.sleep(0)
    endless.cancel()
    await asyncio.wait([endless])
    assert await turns.run([7]) == [7]
