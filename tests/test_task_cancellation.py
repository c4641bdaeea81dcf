"""Ending work for sure, also what misses a cancellation the first time."""

from __future__ import annotations

import asyncio

import pytest

from stoppress.task_cancellation import cancellable, end

pytestmark = pytest.mark.anyio


class MissesCancellations:
    """Work that goes on after its first two cancellations, as redis-py may."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.missed = 0
        self.ended = False

    async def run(self) -> None:
        self.began.set()
        try:
            while self.missed < 2:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.missed += 1
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def test_a_task_that_missed_its_cancellation_is_told_again() -> None:
    async def quick() -> None:
        return

    work = MissesCancellations()
    tasks = [asyncio.create_task(work.run()), asyncio.create_task(quick())]
    await work.began.wait()
    await end(tasks, patience=0.01)
    assert tasks[0].cancelled() and work.missed == 2
    assert tasks[1].done() and not tasks[1].cancelled()


async def test_a_command_gives_its_answer() -> None:
    async def command() -> str:
        return "PONG"

    assert await cancellable(command()) == "PONG"


async def test_a_command_raises_what_it_raised() -> None:
    async def command() -> str:
        raise OSError("connection reset")

    with pytest.raises(OSError, match="connection reset"):
        await cancellable(command())


async def test_a_command_has_ended_once_its_caller_is_cancelled() -> None:
    work = MissesCancellations()
    caller = asyncio.create_task(cancellable(work.run()))
    await work.began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert work.ended and work.missed == 2
