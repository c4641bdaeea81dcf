"""Short tasks: made only while the hub runs, and all over when it has ended."""

from __future__ import annotations

import asyncio

import pytest

from stoppress.errors import Unavailable
from stoppress.hub.tasks import ShortTasks

pytestmark = pytest.mark.anyio


async def test_tasks_are_made_only_while_it_is_open() -> None:
    tasks, done = ShortTasks(), asyncio.Event()

    async def work() -> int:
        done.set()
        return 7

    assert not tasks.accepting
    with pytest.raises(Unavailable, match="shutting down"):
        tasks.spawn(work())
    async with tasks.open():
        assert tasks.accepting
        assert await tasks.spawn(work()) == 7
        tasks.close()
        assert not tasks.accepting
        with pytest.raises(Unavailable, match="shutting down"):
            tasks.spawn(work())
    assert not tasks.accepting
    assert done.is_set()


async def test_at_the_end_all_of_them_are_over() -> None:
    tasks, may_end = ShortTasks(), asyncio.Event()
    over: list[int] = []

    async def work(number: int) -> None:
        await may_end.wait()
        over.append(number)

    async with tasks.open() as group:
        for number in range(3):
            tasks.spawn(work(number))
        group.create_task(work(3))  # the group takes the hub's lasting tasks as well
        may_end.set()
    assert sorted(over) == [0, 1, 2, 3]


async def test_it_accepts_no_more_once_its_owner_fails() -> None:
    tasks = ShortTasks()
    with pytest.raises(ExceptionGroup):
        async with tasks.open():
            raise RuntimeError("the hub fell")
    assert not tasks.accepting
