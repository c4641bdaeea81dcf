"""The whole hub behind a real uvicorn: following, resuming, ending, going away."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from hub.history import HistoryInMemory
from hub.serving import HubServer, closed, hub_server, receive
from stoppress.hub import encoded_message as prepared

pytestmark = pytest.mark.anyio

LONG = "<p>The wind turns, and the boats with it.</p>" * 30


async def test_without_a_cursor_a_reader_gets_what_is_said_from_now_on() -> None:
    history = HistoryInMemory()
    history.publish("start")
    async with hub_server(history) as at, at.connect() as reader:
        hello = await receive(reader)
        assert (hello["type"], hello["cursor"], hello["resumed"]) == ("hello", str(history.head()), False)
        assert hello["heartbeat"] == 20.0
        assert hello["blog"]["posts"] == 1
        cursor = history.publish("gust")
        message = await receive(reader)
        assert (message["type"], message["cursor"], message["post"]["id"]) == ("post", str(cursor), "gust")
        assert message["blog"] == {"posts": 2, "updated_at": "2031-05-04T12:02:00Z"}
        assert at.hub.readers("regatta") == at.hub.readers() == 1
        assert at.hub.last_delivery("regatta") is not None


async def test_a_reader_resumes_from_the_ring_with_the_changes_it_lacks_compacted() -> None:
    history = HistoryInMemory()
    cursor = history.publish("a")
    async with hub_server(history) as at:
        async with at.connect() as reader:
            await receive(reader)
            history.publish("b", "a", "b")
            history.remove("a")
            for _ in range(4):
                await receive(reader)
        at.history.asked.clear()
        async with at.connect(cursor) as back:
            hello = await receive(back)
            assert (hello["cursor"], hello["resumed"]) == (str(cursor), True)
            assert [(m["type"], m["cursor"]) for m in [await receive(back), await receive(back)]] == [
                ("post", "e1.4"),
                ("remove", "e1.5"),
            ]
        assert "since" not in at.history.asked
        assert at.metric("stoppress_resumes_total", kind="ring") == 1


@pytest.mark.parametrize(("cursor", "reason"), [("other.3", "epoch"), ("e1.99", "ahead")])
async def test_a_cursor_that_leads_nowhere_is_reset(cursor: str, reason: str) -> None:
    history = HistoryInMemory()
    head = history.publish("a", "b")
    async with hub_server(history) as at, at.connect(cursor) as reader:
        hello, reset = await receive(reader), await receive(reader)
        # Were it cut off between the two, it would come back with its own cursor, and be reset then.
        assert (hello["resumed"], hello["cursor"]) == (False, cursor)
        assert reset == {"type": "reset", "cursor": str(head), "reason": reason}
        history.publish("c")
        assert (await receive(reader))["post"]["id"] == "c"
        assert at.metric("stoppress_resumes_total", kind="reset") == 1


@pytest.mark.parametrize("status", ["ended", "archived"])
async def test_an_ended_blog_says_so_and_closes_with_1000(status: str) -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history) as at:
        async with at.connect() as reader:
            await receive(reader)
            history.change(status=status)
            message = await receive(reader)
            assert (message["type"], message["blog"]["status"]) == ("blog", status)
            assert await closed(reader) == 1000
        async with at.connect("e1.0") as late:
            assert [(await receive(late))["type"] for _ in range(3)] == ["hello", "post", "blog"]
            assert await closed(late) == 1000


async def test_without_upgrade_the_address_answers_426() -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, headers, problem = await at.http("/v1/blogs/regatta/socket", {"Upgrade": "", "Connection": "close"})
        assert (status, headers["upgrade"], problem["status"]) == (426, "websocket", 426)
        assert headers["sec-websocket-version"] == "13"


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


async def compressed(at: HubServer, offer: ClientPerMessageDeflateFactory, cursor: object = None) -> ClientConnection:
    """A client that offers this."""
    return await at.connect(cursor, extensions=[offer])


async def test_clients_with_and_without_get_the_same_and_compressed_ones_fewer_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = HistoryInMemory()
    squeezed: list[bytes] = []
    deflate = prepared.deflate

    def counted(data: bytes) -> bytes:
        squeezed.append(data)
        return deflate(data)

    monkeypatch.setattr(prepared, "deflate", counted)
    async with hub_server(history) as at, at.connect() as plain:
        readers = [await compressed(at, ClientPerMessageDeflateFactory()) for _ in range(5)]
        for reader in readers:
            assert reader.protocol.extensions[0].remote_no_context_takeover  # type: ignore[attr-defined]
            assert reader.protocol.extensions[0].local_no_context_takeover  # type: ignore[attr-defined]
        everybody = [plain, *readers]
        for reader in everybody:
            await receive(reader)
        for post in "abc":
            history.publish(post, body=LONG + post)
            told = [await receive(reader) for reader in everybody]
            assert all(message == told[0] for message in told)
        assert len(squeezed) == 3  # one for each change, none for each reader
        back = await compressed(at, ClientPerMessageDeflateFactory(), "e1.0")
        assert [(await receive(back))["cursor"] for _ in range(4)] == ["e1.0", "e1.1", "e1.2", "e1.3"]
        assert len(squeezed) == 3
        for reader in [*readers, back]:
            await reader.close()
