"""A connection: how its socket fills and drains, and how it ends. A slow reader has a cursor, not a backlog."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from hub.frames import close, frame, raw
from hub.history import HistoryInMemory
from hub.serving import HubServer, closed, hub_server, receive
from stoppress.model import Post
from waiting import PATIENCE

pytestmark = pytest.mark.anyio
on_both_paths = pytest.mark.usefixtures("both_paths")

LONG = "<p>" + "wind and water " * 6_000 + "</p>"


async def until_lagging(at: HubServer, quick: ClientConnection) -> int:
    """Publish until a reader lags; how many changes that took.

    The changes come one by one, some dozens of them. With a burst_window each would wait for it.
    """
    for count in range(1, 1_000):
        at.history.publish("long", body=LONG)
        await receive(quick)
        if at.metric("stoppress_readers_lagging"):
            return count
    raise AssertionError("nobody lags")


@pytest.mark.slow
@on_both_paths
@pytest.mark.parametrize(("ring", "source"), [(1_000, "ring"), (2, "store")])
async def test_a_slow_reader_falls_behind_and_catches_up(ring: int, source: str) -> None:
    history = HistoryInMemory()
    async with (
        hub_server(history, write_buffer=4_096, ring_events=ring, ring_bytes=500_000_000) as at,
        at.connect() as quick,
        at.connect(max_queue=1) as slow,
    ):
        await receive(quick)
        await receive(slow)
        published = await until_lagging(at, quick)
        for _ in range(50):
            history.publish("long", body=LONG)
            assert (await receive(quick))["cursor"] == str(history.head())
        history.publish("a", "b", "c", "a")
        history.remove("b")
        head = str(history.head())
        got: list[dict[str, Any]] = []
        while not got or got[-1]["cursor"] != head:
            got.append(await receive(slow))
        assert len(got) < published + 20
        last = {message["id"] if "id" in message else message["post"]["id"]: message for message in got}
        state = history.state()
        assert {id: m["post"]["revision"] if "post" in m else m["revision"] for id, m in last.items()} == {
            id: entry.revision for id, entry in state.items()
        }
        assert {id for id, m in last.items() if m["type"] == "post"} == {
            id for id, entry in state.items() if isinstance(entry, Post)
        }
        assert ("since" in history.asked) == (source == "store")
        await at.until(lambda: at.metric("stoppress_readers_lagging") == 0, "nobody lags")
        history.publish("d")
        assert (await receive(slow))["post"]["id"] == "d"


@on_both_paths
async def test_too_slow_for_too_long_is_closed_with_1013() -> None:
    async with (
        hub_server(HistoryInMemory(), write_buffer=4_096, slow_timeout=0.2, burst_window=0) as at,
        at.connect() as quick,
        at.connect(max_queue=1) as slow,
    ):
        await receive(quick)
        await until_lagging(at, quick)
        await at.until(lambda: at.hub.readers() == 1, "the slow one is let go")
        assert at.metric("stoppress_readers_lagging") == 0
        assert await closed(slow) == 1013


@on_both_paths
async def test_a_slow_reader_that_vanishes_is_counted_out() -> None:
    async with hub_server(HistoryInMemory(), write_buffer=4_096, burst_window=0) as at, at.connect() as quick:
        await receive(quick)
        slow = await at.connect(max_queue=1)
        await until_lagging(at, quick)
        slow.transport.abort()
        await at.until(lambda: at.hub.readers() == 1, "the slow one is counted out")
        assert at.metric("stoppress_readers_lagging") == 0
        await asyncio.wait_for(slow.wait_closed(), 5)


@on_both_paths
async def test_a_client_that_vanishes_is_counted_out() -> None:
    async with hub_server(HistoryInMemory()) as at:
        async with raw(at) as client:
            client.send(frame(1, b"half a mess")[:7])
            await at.until(lambda: at.hub.readers() == 1, "it is counted in")
        await at.until(lambda: at.hub.readers() == 0, "it is counted out")


async def test_the_answer_to_our_close_is_not_answered() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, raw(at) as client:
        history.change(status="ended")
        assert (await client.receive())[0] == 1
        assert await client.receive() == (8, struct.pack("!H", 1000))
        client.send(frame(9, b"late") + close(1000))
        assert await client.receive() == (10, b"late")
        await client.ended()


async def test_a_client_that_asks_but_never_reads_can_not_make_answers_pile_up() -> None:
    async with hub_server(HistoryInMemory(), write_buffer=4_096, slow_timeout=0.2) as at, raw(at) as client:
        ping = frame(9, b"x" * 125) * 500
        async with asyncio.timeout(PATIENCE):
            while at.hub.readers():
                client.send(ping)
                await asyncio.sleep(0)
