"""Background work that fails starts again, and ends nothing else."""

from __future__ import annotations

import asyncio

import pytest

from stoppress.background import PAUSES, keep_running

pytestmark = pytest.mark.anyio


async def test_work_that_fails_is_started_again_after_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0
    pauses: list[float] = []
    counted: list[str] = []

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs <= len(PAUSES) + 2:
            raise RuntimeError(f"failure {runs}")

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async with asyncio.TaskGroup() as group:
        group.create_task(keep_running("tail", work, counted.append, sleep=sleep))
    assert pauses == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    assert counted == ["tail"] * len(pauses)
    assert "'tail'; starting it again in 1 s" in caplog.text and "failure 1" in caplog.text


async def test_it_can_be_cancelled() -> None:
    started = asyncio.Event()

    async def work() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_running("tail", work))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
