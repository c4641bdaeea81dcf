"""What holds the event loop is named, by its route and size."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator

import pytest

from stoppress.loop_watchdog import LoopWatchdog, name_request
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def watched(limit: float = 0.05) -> AsyncIterator[list[tuple[str, float]]]:
    """What was reported while the loop is watched. The watchdog looks at least four times a second."""
    reported: list[tuple[str, float]] = []
    watching = asyncio.create_task(
        LoopWatchdog(limit, lambda holder, seconds: reported.append((holder, seconds))).run()
    )
    await asyncio.sleep(0)
    try:
        yield reported
    finally:
        watching.cancel()
        await asyncio.wait([watching])


HOLD = 0.6  # seconds: more than two looks of the watchdog


def hold() -> None:
    """Let nobody else have the loop: the very hold that is to be found, which waits for nothing."""
    time.sleep(HOLD)


async def answer() -> None:
    """A request that holds the loop."""
    name_request("GET /v1/blogs/{blog}/posts", b"limit=100", "12")
    hold()


async def seen(reported: list[tuple[str, float]]) -> None:
    async def is_reported() -> bool:
        return bool(reported)

    await eventually(is_reported, "the hold is reported", PATIENCE)


async def test_a_request_that_holds_the_loop_is_named_by_route_and_size(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "stoppress"):
        async with watched() as reported:
            await asyncio.create_task(answer())
            await seen(reported)
    ((holder, seconds),) = reported
    assert holder == "GET /v1/blogs/{blog}/posts"
    assert 0.2 < seconds < PATIENCE
    assert "by GET /v1/blogs/{blog}/posts, '?limit=100' with 12 bytes, in" in caplog.text


async def test_the_log_tells_of_a_route_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "stoppress"):
        async with watched() as reported:
            for _ in range(2):
                reported.clear()
                await asyncio.create_task(answer())
                await seen(reported)
    assert caplog.text.count("The event loop was held") == 1


async def test_a_task_is_named_by_its_name_and_anything_else_is_other() -> None:
    async def work() -> None:
        hold()

    for name, label in (("tail", "tail"), (None, "other")):
        async with watched() as reported:
            await asyncio.create_task(work(), name=name)
            await seen(reported)
            assert [holder for holder, _ in reported] == [label]
    async with watched() as reported:
        asyncio.get_running_loop().call_soon(hold)
        await seen(reported)
        assert [holder for holder, _ in reported] == ["other"]


async def test_a_hold_within_the_limit_is_not_reported_and_the_thread_ends() -> None:
    async with watched(limit=30) as reported:
        await asyncio.create_task(answer())
        assert "loop watchdog" in {thread.name for thread in threading.enumerate()}
    assert reported == []

    async def ended() -> bool:
        return "loop watchdog" not in {thread.name for thread in threading.enumerate()}

    await eventually(ended, "its thread ends", PATIENCE)
