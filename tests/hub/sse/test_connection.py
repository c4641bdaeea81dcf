"""Event streams on the fast path: connections that have left ASGI, and are written to as sockets are."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hub.doubles import content_of_chunks
from hub.history import HistoryInMemory
from hub.serving import HubServer, hub_server
from waiting import PATIENCE

pytestmark = pytest.mark.anyio

REQUEST = b"GET /v1/blogs/regatta/events HTTP/1.1\r\nHost: x\r\n%b\r\n"
LONG = random.Random(1).randbytes(45_000).hex()  # gzip does not make it short


class Client:
    """One connection, without anything that parses HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def until(self, end: bytes) -> bytes:
        """The next bytes, up to and with `end`."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(end)

    async def rest(self) -> bytes:
        """All bytes until the server closes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


@asynccontextmanager
async def client(at: HubServer, first: bytes = REQUEST % b"") -> AsyncIterator[Client]:
    """A connection that has sent `first`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
    try:
        writer.write(first)
        yield Client(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def in_asgi(at: HubServer) -> int:
    """How many streams are served through ASGI."""
    return sum(len(channel.streams) for channel in at.hub.channels)


async def test_a_stream_has_no_task() -> None:
    async with hub_server(HistoryInMemory()) as at, client(at) as first:
        await first.until(b"\n\n")
        before = len(asyncio.all_tasks())
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(20):
                one = await stack.enter_async_context(client(at))
                await one.until(b"\n\n")
            await at.until(lambda: len(asyncio.all_tasks()) == before, "there are no more tasks than before")
            assert (at.hub.readers(), in_asgi(at)) == (21, 0)
            assert at.metric("stoppress_readers", transport="sse") == 21
            assert sum(at.metric("stoppress_connections_waiting", **{"for": name}) for name in ("head", "idle")) == 0
        await at.until(lambda: at.hub.readers() == 1, "they are counted out")


@pytest.mark.parametrize("encoding", [b"", b"Accept-Encoding: gzip\r\n"])
async def test_the_response_is_whole_when_the_blog_ends_and_then_the_connection_closes(encoding: bytes) -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, client(at, REQUEST % encoding) as one:
        head = (await one.until(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200 ")
        assert b"\r\nconnection: close\r\n" in head and b"\r\ntransfer-encoding: chunked\r\n" in head
        assert head.count(b"\r\nconnection:") == 1
        await at.until(lambda: at.hub.readers() == 1, "it reads")
        history.publish("a")
        history.change(status="ended")
        body = content_of_chunks(await one.rest())
        events = gzip.decompress(body) if encoding else body
        names = [line for line in events.split(b"\n") if line.startswith((b"event: ", b"id: "))]
        assert names == [b"id: e1.0", b"event: hello", b"id: e1.1", b"event: change", b"id: e1.2", b"event: change"]
        await at.until(lambda: at.hub.readers() == 0, "it is counted out")


async def test_another_request_on_the_connection_gets_no_answer() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, client(at) as one:
        await one.until(b"\n\n")
        await at.until(lambda: at.hub.readers() == 1 and not in_asgi(at), "it reads")
        one.writer.write(REQUEST % b"")
        history.change(status="ended")
        rest = await one.rest()
        assert b"event: change" in rest and b"HTTP/1.1" not in rest


async def test_a_client_that_sends_on_and_on_is_disconnected() -> None:
    async with hub_server(HistoryInMemory()) as at, client(at) as one:
        await one.until(b"\n\n")
        await at.until(lambda: at.hub.readers() == 1, "it reads")
        one.writer.write(b"x" * 40_000)
        await at.until(lambda: at.hub.readers() == 0, "it is counted out")
        assert at.metric("stoppress_connections_closed_total", reason="budget") == 1


@pytest.mark.parametrize(
    "first",
    [
        REQUEST % b"" + REQUEST % b"",
        REQUEST % b"" + b"GET /v1/bl",
        REQUEST % b"Content-Length: 3\r\n" + b"ab",
        (REQUEST % b"").replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
    ids=["a second request", "part of one", "a body", "HTTP/1.0"],
)
async def test_what_uvicorn_still_needs_it_keeps(first: bytes) -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, client(at, first) as one:
        await one.until(b"event: hello")
        await at.until(lambda: in_asgi(at) == 1, "it is served through ASGI")
        history.publish("a")
        await one.until(b"event: change")
        history.change(status="ended")
        await at.until(lambda: in_asgi(at) == 0, "it has ended")


async def test_a_request_on_a_connection_that_had_an_answer_before_is_a_stream_like_any_other() -> None:
    async with hub_server(HistoryInMemory()) as at, client(at, b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n") as one:
        assert (await one.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 404 ")
        await one.until(b"Not Found")
        one.writer.write(REQUEST % b"")
        await one.until(b"event: hello")
        await at.until(lambda: at.hub.readers() == 1 and not in_asgi(at), "it has left ASGI")


async def test_a_client_that_half_closes_is_counted_out() -> None:
    async with hub_server(HistoryInMemory()) as at, client(at) as one:
        await one.until(b"\n\n")
        one.writer.write_eof()
        await at.until(lambda: at.hub.readers() == 0, "it is counted out")


@pytest.mark.parametrize("encoding", [b"", b"Accept-Encoding: gzip\r\n"])
async def test_a_slow_stream_has_no_backlog_and_is_let_go_in_time_with_an_incomplete_response(encoding: bytes) -> None:
    history = HistoryInMemory()
    settings = {"write_buffer": 4_096, "slow_timeout": 0.2}
    async with hub_server(history, **settings) as at, client(at, REQUEST % encoding) as one:
        await one.until(b"\r\n\r\n")
        one.writer.transport.pause_reading()  # type: ignore[attr-defined]
        published = 0
        while not at.metric("stoppress_readers_lagging"):
            published += 1
            assert published < 1_000, "nobody lags"
            history.publish(f"long-{published}", body=LONG)
            await at.until(lambda: str(history.head()) == str(next(iter(at.hub.channels)).cursor), "it is read")
        await at.until(lambda: at.hub.readers() == 0, "the slow one is let go")
        assert at.metric("stoppress_readers_lagging") == 0
        one.writer.transport.resume_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionError):
            assert not (await one.rest()).endswith(b"\r\n0\r\n\r\n")


async def test_a_slow_stream_catches_up_when_it_reads_again() -> None:
    history = HistoryInMemory()
    async with hub_server(history, write_buffer=4_096) as at, client(at) as one:
        await one.until(b"event: hello")
        one.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while not at.metric("stoppress_readers_lagging"):
            assert history.head().sequence < 1_000, "nobody lags"
            history.publish("long", body=LONG)
            await at.until(lambda: str(history.head()) == str(next(iter(at.hub.channels)).cursor), "it is read")
        for _ in range(50):
            history.publish("long", body=LONG)
        history.publish("last")
        one.writer.transport.resume_reading()  # type: ignore[attr-defined]
        found = b""
        while f"id: {history.head()}\n".encode() not in found[-2_000:]:
            async with asyncio.timeout(PATIENCE):
                found += await one.reader.read(65_536)
        changes = found.count(b"event: change")
        assert changes < history.head().sequence
        await at.until(lambda: at.metric("stoppress_readers_lagging") == 0, "nobody lags")
