"""A server that goes away says so to each reader, with its own time to come back."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from hub.history import HistoryInMemory
from hub.serving import closed, hub_server, receive

pytestmark = pytest.mark.anyio


async def test_each_reader_gets_bye_with_its_share_of_the_spread_then_1012() -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history, reconnect_spread=8.0, drain=5.0) as at, AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(at.connect()) for _ in range(30)]
        for reader in readers:
            await receive(reader)
        draining = asyncio.create_task(at.hub.drain())
        delays = []
        for reader in readers:
            bye = await receive(reader)
            assert (bye["type"], bye["cursor"], bye["reason"]) == ("bye", "e1.1", "restarting")
            delays.append(bye["retry_after_ms"])
            assert await closed(reader) == 1012
        lasts = 5_000 * 2 / 50  # two batches of fifty: nobody is to come back before this process is gone
        assert all(0 <= delay <= 8_000 + lasts for delay in delays)
        assert len(set(delays)) > 20
        assert max(delays) - min(delays) > 2_000
        await asyncio.wait_for(draining, 10)
        status, headers, _ = await at.http("/v1/blogs/regatta/socket")
        assert (status, int(headers["retry-after"]) > 0) == (503, True)


async def test_who_is_still_here_gets_every_change() -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history, drain=20.0) as at, AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(at.connect()) for _ in range(50)]
        for reader in readers:
            await receive(reader)
        draining = asyncio.create_task(at.hub.drain())
        await at.until(lambda: at.hub.readers() < 50, "the first batch is let go")
        history.publish("b")
        told = []
        for reader in readers:
            message = await receive(reader)
            if message["type"] == "post":
                assert message["post"]["id"] == "b"
                bye = await receive(reader)
                assert (bye["type"], bye["cursor"]) == ("bye", "e1.2")
            else:
                assert (message["type"], message["cursor"]) == ("bye", "e1.1")
            told.append(message["type"])
            assert await closed(reader) == 1012
        assert 10 <= told.count("post") <= 40
        await asyncio.wait_for(draining, 10)


async def test_who_leaves_during_a_drain_is_asked_nothing() -> None:
    async with hub_server(HistoryInMemory(), drain=20.0) as at, AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(at.connect()) for _ in range(40)]
        draining = asyncio.create_task(at.hub.drain())
        await at.until(lambda: at.hub.readers() == 20, "the first batch is let go")
        for reader in readers:
            reader.transport.abort()
        await asyncio.wait_for(draining, 10)
        assert at.hub.readers() == 0


async def test_a_drain_without_readers_is_done_at_once() -> None:
    async with hub_server(HistoryInMemory()) as at:
        await asyncio.wait_for(at.hub.drain(), 1)


async def test_whoever_is_left_when_the_hub_stops_is_cut_off() -> None:
    async with hub_server(HistoryInMemory()) as at:
        reader = await at.connect()
        await receive(reader)
    assert await closed(reader) == 1006
