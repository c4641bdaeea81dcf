"""From a request for a socket to a reader: what is let in, and what is refused with which answer."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive
from stoppress.store.base import BlogState
from waiting import PATIENCE

pytestmark = pytest.mark.anyio
on_both_paths = pytest.mark.usefixtures("both_paths")


@on_both_paths
async def test_each_form_is_what_its_subprotocol_says() -> None:
    history = HistoryInMemory()
    async with (
        hub_server(history) as at,
        at.connect(form="stoppress.v1.html") as page,
        at.connect(form="stoppress.v1.json") as app,
        at.connect() as plain,
    ):
        assert page.subprotocol == "stoppress.v1.html"
        assert app.subprotocol == "stoppress.v1.json"
        assert plain.subprotocol is None
        for reader in (page, app, plain):
            assert (await receive(reader))["type"] == "hello"
        history.publish("gust")
        assert (await receive(page))["html"] == "<article id=gust>1 of 1</article>"
        for reader in (app, plain):
            assert (await receive(reader))["post"]["id"] == "gust"


# An unusual handshake (a header in two lines) goes the long way, a usual one the short way first.
@on_both_paths
@pytest.mark.parametrize("more", [{}, {"Accept": "x\r\nAccept: y"}], ids=["usual", "unusual"])
@pytest.mark.parametrize(
    ("offered", "shown"),
    [
        ("mqtt", "'mqtt'"),
        ("stoppress.v2.json, mqtt", "'stoppress.v2.json', 'mqtt'"),
        ("stoppress.bearer.c2VjcmV0, mqtt", "'mqtt'"),
        ("STOPPRESS.V1.JSON", "'STOPPRESS.V1.JSON'"),
        ("a, b, c, d, e, f", "'a', 'b', 'c', 'd', 'e' and more"),
        ("m" * 90, f"'{'m' * 80}'"),
    ],
)
async def test_unknown_subprotocols_alone_are_refused_by_name(offered: str, shown: str, more: dict[str, str]) -> None:
    async with hub_server(HistoryInMemory()) as at:
        for _ in range(2):
            status, _, problem = await at.http("/v1/blogs/regatta/socket", {"Sec-WebSocket-Protocol": offered, **more})
            detail = f"expected one of stoppress.v1.json, stoppress.v1.html, but got {shown}"
            assert (status, problem["detail"]) == (400, f"Sec-WebSocket-Protocol: {detail}")
            assert problem["errors"] == [{"parameter": "Sec-WebSocket-Protocol", "detail": detail}]
        assert at.metric("stoppress_refusals_total", reason="request") == 2


@on_both_paths
@pytest.mark.parametrize(
    ("offered", "picked"),
    [
        (["mqtt", "stoppress.v1.html"], "stoppress.v1.html"),
        (["stoppress.v1.html", "stoppress.v1.json"], "stoppress.v1.html"),
        (["stoppress.bearer.c2VjcmV0", "stoppress.v1.json"], "stoppress.v1.json"),
        (["stoppress.bearer.c2VjcmV0"], None),
    ],
)
async def test_a_known_subprotocol_is_picked_among_others_and_reserved_ones_alone_mean_json(
    offered: list[str], picked: str | None
) -> None:
    async with hub_server(HistoryInMemory()) as at:
        async with connect(at.url(), subprotocols=[Subprotocol(name) for name in offered], proxy=None) as reader:
            assert reader.subprotocol == picked
            assert (await receive(reader))["type"] == "hello"
            at.history.publish("gust")
            assert ("post" in await receive(reader)) == (picked != "stoppress.v1.html")


@on_both_paths
@pytest.mark.parametrize("cursor", ["", "nonsense", "e1.", "e1.-1", "e1.01", "e%20.1", "e1.1&cursor=e1.2"])
async def test_a_bad_cursor_is_named(cursor: str) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, headers, problem = await at.http(f"/v1/blogs/regatta/socket?cursor={cursor}")
        assert (status, headers["content-type"]) == (400, "application/problem+json")
        assert [error["parameter"] for error in problem["errors"]] == ["cursor"]
        assert "expected" in problem["detail"]
        assert at.metric("stoppress_refusals_total", reason="request") == 1


@on_both_paths
@pytest.mark.parametrize("path", ["/", "/v1/blogs/regatta", "/v1/blogs//socket", "/v1/blogs/a%2Fb/socket"])
async def test_there_is_no_socket_elsewhere(path: str) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, _, problem = await at.http(path)
        assert (status, problem["status"], problem["title"]) == (404, 404, "Not found")


@on_both_paths
@pytest.mark.parametrize("blog", ["nowhere", "..", "%00", "a" * 65])
async def test_an_unknown_blog_is_404(blog: str) -> None:
    async with hub_server(HistoryInMemory()) as at:
        assert (await at.http(f"/v1/blogs/{blog}/socket"))[0] == 404


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Sec-WebSocket-Version": "8"}, 400),
        ({"Sec-WebSocket-Version": ""}, 400),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"X-Much": "x" * 20_000}, 431),
    ],
)
async def test_a_broken_handshake_is_refused(headers: dict[str, str], expected: int) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, found, problem = await at.http("/v1/blogs/regatta/socket", headers)
        assert (status, problem["status"]) == (expected, expected)
        if expected == 400:
            assert found["sec-websocket-version"] == "13"
        assert at.hub.readers() == 0


@on_both_paths
async def test_pages_of_other_origins_are_refused_where_origins_are_set() -> None:
    async with hub_server(HistoryInMemory(), origins="https://news.example.org") as at:
        status, _, problem = await at.http("/v1/blogs/regatta/socket", {"Origin": "https://elsewhere.example"})
        assert (status, problem["title"]) == (403, "Forbidden")
        for origin in ("https://news.example.org", f"http://127.0.0.1:{at.port}", None):
            async with at.connect(origin=origin) as reader:
                assert (await receive(reader))["type"] == "hello"


HEAD = (
    b"GET /v1/blogs/regatta/socket HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class HistoryThatWaits(HistoryInMemory):
    """A store that does not answer until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.may_answer = asyncio.Event()

    async def blog(self, blog: str) -> BlogState | None:
        self.waiting += 1
        try:
            await self.may_answer.wait()
        finally:
            self.waiting -= 1
        return await super().blog(blog)


@on_both_paths
async def test_a_client_that_goes_before_it_is_answered_is_counted_out_and_not_waited_for() -> None:
    history = HistoryThatWaits()
    async with hub_server(history, readers_max=1) as at:
        _, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(HEAD)
        await at.until(lambda: history.waiting == 1, "the store is asked")
        writer.close()
        await at.until(lambda: history.waiting == 0, "nobody waits any more")
        history.may_answer.set()
        async with at.connect() as reader:
            assert (await receive(reader))["type"] == "hello", "its place is free"


@pytest.mark.parametrize(
    "head", [HEAD, HEAD.replace(b"Host", b"X-Twice: 1\r\nX-Twice: 1\r\nHost")], ids=["usual", "unusual"]
)
@pytest.mark.parametrize("more", [b"\x81\x80abcd", HEAD], ids=["a frame", "another handshake"])
async def test_a_client_that_goes_on_before_it_is_answered_is_cut_off_and_counted_out(head: bytes, more: bytes) -> None:
    history = HistoryThatWaits()
    async with hub_server(history, readers_max=1) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(head)
        await at.until(lambda: history.waiting == 1, "the store is asked")
        writer.write(more)
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        await at.until(lambda: history.waiting == 0, "nobody waits any more")
        history.may_answer.set()
        async with at.connect() as other:
            assert (await receive(other))["type"] == "hello", "its place is free"


async def test_a_refused_handshake_names_what_is_allowed() -> None:
    async with hub_server(HistoryInMemory()) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(HEAD.replace(b"GET ", b"POST ", 1))
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert b"\r\nallow: get\r\n" in answer.lower()


@on_both_paths
@pytest.mark.parametrize(
    "headers", [{}, {"X-Noise": "n" * 5_000, "X-More": "n" * 5_000}], ids=["the short way", "the long way"]
)
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("after=e1.1", "after"),
        ("cursor=e1.1&heartbeat=15", "heartbeat"),
        ("token", "token"),
        ("form=html", "form"),
        ("max_messages=16384", "max_messages"),
    ],
)
async def test_an_unknown_parameter_is_refused_before_the_upgrade(
    query: str, name: str, headers: dict[str, str]
) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, _, problem = await at.http(f"/v1/blogs/regatta/socket?{query}", headers)
        assert (status, problem["errors"][0]["parameter"]) == (400, name)
        # The query is checked first: it says nothing of which blogs there are.
        assert (await at.http(f"/v1/blogs/nope/socket?{query}", headers))[0] == 400
        assert at.hub.readers() == 0


WHOLE_NUMBER = "expected a whole number from 16384 to 999999999, but got"


@pytest.mark.parametrize(
    "headers", [{}, {"X-Noise": "n" * 5_000, "X-More": "n" * 5_000}], ids=["the short way", "the long way"]
)
@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("max_message=0", f"{WHOLE_NUMBER} '0'"),
        ("max_message=-1", f"{WHOLE_NUMBER} '-1'"),
        ("max_message=16383", f"{WHOLE_NUMBER} '16383'"),
        ("max_message=1000000000", f"{WHOLE_NUMBER} '1000000000'"),
        ("max_message=64k", f"{WHOLE_NUMBER} '64k'"),
        ("max_message=1e6", f"{WHOLE_NUMBER} '1e6'"),
        ("max_message=", f"{WHOLE_NUMBER} ''"),
        ("max_message=%D9%A1%D9%A6%D9%A3%D9%A8%D9%A4", f"{WHOLE_NUMBER} '\u0661\u0666\u0663\u0668\u0664'"),
        ("max_message=32768&max_message=65536", "expected one value, but got 2: '32768' and '65536'"),
    ],
)
async def test_a_bad_max_message_is_named(query: str, detail: str, headers: dict[str, str]) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, _, problem = await at.http(f"/v1/blogs/regatta/socket?cursor=e1.0&{query}", headers)
        assert status == 400
        assert problem["errors"] == [{"parameter": "max_message", "detail": detail}]
        assert at.hub.readers() == 0


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("ring", [100, 1], ids=["from the ring", "from the store"])
async def test_a_reader_that_asks_gets_larger_posts_without_their_content(ring: int, compression: str | None) -> None:
    """At first when it catches up, then live. Its library closes the connection at a larger message."""
    history = HistoryInMemory()
    history.publish("small")
    history.publish("large", body="x" * 20_000)
    history.publish("last")
    async with hub_server(history, ring_events=ring) as at:
        url = at.url() + "?cursor=e1.0&max_message=20000"
        async with (
            connect(url, max_size=20_000, compression=compression, proxy=None) as limited,
            connect(at.url("e1.0"), compression=compression, proxy=None) as whole,
        ):
            hello = await receive(limited)
            assert (hello["type"], hello["cursor"], hello["resumed"]) == ("hello", "e1.0", True)
            assert (await receive(whole))["type"] == "hello"
            small, large, last = [await receive(limited) for _ in range(3)]
            assert [message.get("too_large") for message in (small, large, last)] == [None, True, None]
            assert (large["type"], large["id"], large["revision"], large["cursor"]) == ("post", "large", 1, "e1.2")
            assert "x" * 100 not in str(large)
            same = [await receive(whole) for _ in range(3)]
            assert [small, last] == [same[0], same[2]]
            assert "x" * 20_000 in str(same[1])
            assert large["blog"] == same[1]["blog"]

            history.publish("live", body="y" * 20_000)
            live, complete = await receive(limited), await receive(whole)
            assert (live["id"], live["too_large"], live["cursor"]) == ("live", True, "e1.4")
            assert "y" * 20_000 in str(complete)
            assert live["cursor"] == complete["cursor"]


async def test_a_post_that_fits_the_limit_comes_whole() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, connect(at.url() + "?max_message=32768", proxy=None) as reader:
        assert (await receive(reader))["type"] == "hello"
        history.publish("a", body="x" * 30_000)
        assert (await receive(reader))["post"]["body"] == "x" * 30_000
