"""Requests that do not arrive: their connections are closed in time, and those that do arrive are not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.metrics import Metrics
from stoppress.settings import Settings
from stoppress.web.http.timed_request import TimedRequest
from uvicorn_in_loop import listening
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.anyio

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


class Site:
    """An application that answers with the size of the body, and the server around it."""

    def __init__(self) -> None:
        self.port = 0
        self.asked = 0
        self.finished: list[str] = []
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.metrics = Metrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        request = Request(scope, receive)
        try:
            if scope["path"] == "/unread":
                await PlainTextResponse("not wanted", 413)(scope, receive, send)
                return
            await self.may_read.wait()
            response: Response = PlainTextResponse(str(len(await request.body())))
            await response(scope, receive, send)
            self.finished.append("answered")
        except Exception as error:
            self.finished.append(type(error).__name__)

    def closed(self, reason: str) -> float:
        labels = {"reason": reason}
        return self.metrics.registry.get_sample_value("stoppress_connections_closed_total", labels) or 0.0

    def waiting(self) -> float:
        return sum(
            self.metrics.registry.get_sample_value("stoppress_connections_waiting", {"for": name}) or 0.0
            for name in ("head", "body", "idle", "closing")
        )


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    settings = Settings(head_timeout=0.4, body_timeout=0.4, body_rate=1_000, keep_alive=0.2)
    deadlines = ConnectionDeadlines(settings, site.metrics)
    http: Any = type("Http", (TimedRequest,), {"head_limit": 16_384, "deadlines": deadlines})
    config = uvicorn.Config(site, port=0, http=http, lifespan="off", log_config=None, log_level="critical")
    sweeping = asyncio.create_task(deadlines.run())
    async with listening(config) as site.port:
        yield site
    sweeping.cancel()
    await asyncio.wait((sweeping,))


async def everything(site: Site, *parts: bytes, pause: float = 0.05) -> bytes:
    """What the server sends until it closes, while a client sends the parts one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)  # the client is slow

    sending = asyncio.create_task(send())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    sending.cancel()
    await asyncio.wait((sending,))
    writer.transport.abort()
    return answer


def status(answer: bytes) -> int:
    return int(answer.split()[1])


async def test_a_connection_that_sends_nothing_is_closed_without_a_word(site: Site) -> None:
    assert await everything(site) == b""
    assert site.closed("head") == 1
    assert site.waiting() == 0


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTT"],
        [HEAD + b"X-Slow: "] + [b"a"] * 1_000,
        [b"\r\n"] * 1_000,
        [b"GET /v1/blogs/a/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"],
    ],
    ids=["half a line", "a head, byte by byte", "empty lines", "half a handshake"],
)
async def test_a_head_that_does_not_end_is_408(site: Site, parts: list[bytes]) -> None:
    answer = await everything(site, *parts)
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert status(answer) == problem["status"] == 408
    assert "0.4 s" in problem["detail"]
    assert (site.asked, site.closed("head")) == (0, 1)


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"Content-Length: 9000\r\n\r\nabc"],
        [HEAD + b"Content-Length: 9000\r\n\r\n"] + [b"a"] * 1_000,
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n"] + [b"1\r\na\r\n"] * 1_000,
        [HEAD + b"Content-Length: 9000\r\n\r\n" + b"a" * 8_000],
    ],
    ids=["stalled", "byte by byte", "in tiny chunks", "stalled after most of it"],
)
async def test_a_body_that_does_not_come_is_408_and_the_application_is_told(site: Site, parts: list[bytes]) -> None:
    answer = await everything(site, *parts)
    assert status(answer) == 408
    assert answer.count(b"HTTP/1.1") == 1
    assert site.closed("body") == 1

    async def told() -> bool:
        return site.finished == ["ClientDisconnect"]

    await eventually(told, "the application knows")


async def test_a_body_that_comes_slowly_but_steadily_is_taken(site: Site) -> None:
    parts = [HEAD + b"Connection: close\r\nContent-Length: 6000\r\n\r\n", *[b"a" * 200] * 30]
    answer = await everything(site, *parts, pause=0.04)
    assert (status(answer), answer.rpartition(b"\r\n")[2]) == (200, b"6000")
    assert site.closed("body") == 0


async def test_the_time_that_the_application_takes_is_not_the_clients(site: Site) -> None:
    """The server reads nothing while the application is busy, or before it says 100 Continue."""
    site.may_read.clear()
    large = asyncio.create_task(
        everything(site, HEAD + b"Connection: close\r\nContent-Length: 300000\r\n\r\n" + b"a" * 300_000)
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(HEAD + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    silent = asyncio.create_task(everything(site))
    await silent  # a deadline as long as theirs has passed, and those of the connections before it
    site.may_read.set()
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"abc")
    assert status(await reader.read()) == 200
    assert (await large).endswith(b"300000")
    writer.close()
    assert site.closed("body") == 0


async def test_a_body_after_its_answer_has_one_span_to_end(site: Site) -> None:
    request = HEAD.replace(b"/ ", b"/unread ") + b"Content-Length: 9000000\r\n\r\n"
    answer = await everything(site, request, *[b"a" * 1_000] * 1_000, pause=0.01)
    assert status(answer) == 413
    assert answer.count(b"HTTP/1.1") == 1
    assert site.closed("body") == 1


async def test_an_idle_connection_is_closed_after_the_answer(site: Site) -> None:
    request = HEAD + b"Content-Length: 2\r\n\r\nab"
    answer = await everything(site, request + request)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert site.closed("idle") == 1


async def test_half_a_second_request_is_closed_too(site: Site) -> None:
    answer = await everything(site, HEAD + b"Content-Length: 2\r\n\r\nab" + b"GET / HTTP/1.1\r\nX: ")
    assert [int(part.split()[0]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 408]
    answer = await everything(site, HEAD + b"Content-Length: 2\r\n\r\nab", b"\r\n")
    assert [int(part.split()[0]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 408]
    assert site.closed("head") == 2
