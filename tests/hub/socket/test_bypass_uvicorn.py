"""The fast path: common handshakes are read there, everything else reaches uvicorn as if there were none."""

from __future__ import annotations

import asyncio
import inspect
import json

import httptools
import pytest
import uvicorn.server
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.http11 import Request

from hub.history import HistoryInMemory
from hub.serving import hub_server
from stoppress.hub.socket.handshake import agreed, protocol, read_common_handshake
from waiting import PATIENCE

HEAD = (
    b"GET /v1/blogs/regatta/socket?cursor=e1.0 HTTP/1.1\r\n"
    b"Host: live.example.org\r\n"
    b"Connection: keep-alive, Upgrade\r\n"
    b"Upgrade: websocket\r\n"
    b"Origin: https://live.example.org\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)


def test_uvicorn_makes_and_ends_protocols_as_the_fast_path_expects() -> None:
    started = inspect.getsource(uvicorn.server.Server.startup)
    for given_to_it in ("config.http_protocol_class(", "config=", "server_state=", "app_state=", "_loop="):
        assert given_to_it in started
    ended = inspect.getsource(uvicorn.server.Server.shutdown)
    assert "self.server_state.connections" in ended
    assert "connection.shutdown()" in ended


class ParsedByHttptools:
    """What httptools makes of a head."""

    def __init__(self, head: bytes) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.whole = False
        self.upgrade = False
        parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            self.upgrade = True
        self.line = f"{parser.get_method().decode()} {self.target.decode()} HTTP/{parser.get_http_version()}"

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


_places = st.integers(0, len(HEAD) - 1)
_bytes = st.sampled_from(
    [b"", b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x00", b"\x7f", b"\xff", b",", b"a", b"=", b"\r\n "]
)


@given(st.lists(st.tuples(_places, st.integers(0, 3), _bytes), min_size=1, max_size=3))
@example([(HEAD.index(b"Host"), 0, b"Content-Length: 4\r\n")])
@example([(HEAD.index(b"e1.0"), 0, b"\t")])
def test_a_handshake_read_on_the_fast_path_reads_the_same_to_httptools_and_websockets(
    changes: list[tuple[int, int, bytes]],
) -> None:
    head = HEAD
    for place, gone, put in changes:
        head = head[:place] + put + head[place + gone :]
    asked = read_common_handshake(head, compress=True)
    if asked is None:
        return
    parsed = ParsedByHttptools(head)
    assert parsed.upgrade
    assert parsed.line == f"GET {asked.target} HTTP/1.1"
    again = b"\r\n".join([parsed.line.encode(), *(b"%s: %s" % pair for pair in parsed.headers), b"", b""])
    handshake = protocol(compress=True)
    handshake.receive_data(again)
    request = handshake.events_received()[0]
    assert isinstance(request, Request)
    response = handshake.accept(request)
    assert response.status_code == 101
    del response.headers["Date"]
    assert sorted(asked.answer.split(b"\r\n")) == sorted(response.serialize().split(b"\r\n"))
    assert asked.frame_format is agreed(handshake)
    assert (asked.host, asked.origin) == (request.headers.get("Host"), request.headers.get("Origin"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Host: live", b"Host : live"),
        (b"Host: live", b"Ho st: live"),
        (b"Host: live", b" Host: live"),
        (b"Host: live", b"Host\r\nX: live"),
        (b"Host: live.example.org\r\n", b""),
        (b"example.org\r\nConn", b"example.org\nConn"),
        (b"example.org\r\nConn", b"example.org\r\n folded\r\nConn"),
        (b"Host: live", b"Host: li\x00ve"),
        (b"Host: live", b"Content-Length: 2\r\nHost: live"),
        (b"Host: live", b"Transfer-Encoding: chunked\r\nHost: live"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"cursor=e1.0 ", b"cursor=e1.0  "),
        (b"cursor=e1.0 ", b"cursor=\xc3\xa9 "),
        (b"bits\r\n\r\n", b"bits\r\n"),
        (b"bits\r\n\r\n", b"bits\r\n\r\n\x81\x80abcd"),
    ],
    ids=repr,
)
def test_what_is_not_usual_is_left_to_uvicorn(before: bytes, after: bytes) -> None:
    assert read_common_handshake(HEAD, compress=True) is not None
    assert before in HEAD
    assert read_common_handshake(HEAD.replace(before, after), compress=True) is None


async def answer(reader: asyncio.StreamReader) -> bytes:
    """A head, as it comes."""
    async with asyncio.timeout(PATIENCE):
        return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.anyio
async def test_a_handshake_in_pieces_and_one_behind_a_request_are_answered_by_uvicorn() -> None:
    async with hub_server(HistoryInMemory()) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(HEAD[:70])
        await writer.drain()
        other, behind = await asyncio.open_connection("127.0.0.1", at.port)
        behind.write(b"GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n")
        head = await answer(other)
        assert head.startswith(b"HTTP/1.1 404")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await other.readexactly(length)
        behind.write(HEAD)
        writer.write(HEAD[70:])
        assert (await answer(other)).startswith(b"HTTP/1.1 101")
        assert (await answer(reader)).startswith(b"HTTP/1.1 101")
        assert at.hub.readers() == 2
        for closing in (writer, behind):
            closing.close()


@pytest.mark.anyio
async def test_a_usual_handshake_is_answered_and_greeted_in_one_go() -> None:
    async with hub_server(HistoryInMemory()) as at, at.connect():  # the blog is followed
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(HEAD)
        head = await answer(reader)
        assert head.startswith(b"HTTP/1.1 101")
        async with asyncio.timeout(PATIENCE):
            first = await reader.readexactly(2)
            size = int.from_bytes(await reader.readexactly(2)) if first[1] == 126 else first[1]
            hello = json.loads(await reader.readexactly(size))
        assert (hello["type"], hello["cursor"], hello["resumed"]) == ("hello", "e1.0", True)
        writer.close()


@pytest.mark.anyio
async def test_a_connection_that_asks_for_nothing_ends_with_the_server() -> None:
    async with hub_server(HistoryInMemory()) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        async with at.connect():
            pass  # the other connection was accepted before this one
    async with asyncio.timeout(PATIENCE):
        assert await reader.read() == b""
    writer.close()
