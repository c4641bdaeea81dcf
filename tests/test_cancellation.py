"""Ending tasks for sure, also those that miss it the first time."""

from __future__ import annotations

import asyncio

import pytest

from stoppress.cancellation import end

pytestmark = pytest.mark.anyio


async def test_a_task_that_missed_its_cancellation_is_told_again() -> None:
    missed = 0

    async def hard_of_hearing() -> None:
        nonlocal missed
        while missed < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                missed += 1
        await asyncio.Event().wait()

    async def quick() -> None:
        return

    tasks = [asyncio.create_task(hard_of_hearing()), asyncio.create_task(quick())]
    await asyncio.sleep(0)
    await end(tasks, patience=0.01)
    assert tasks[0].cancelled() and missed == 2
