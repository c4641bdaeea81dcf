"""An endpoint takes over the connection of its request: uvicorn forgets it, and nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.connection_takeover import EXTENSION, takeover
from stoppress.metrics import Metrics
from stoppress.settings import Settings
from stoppress.web.http.takeover import LeavableConnection
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.anyio


class Echo(asyncio.Protocol):
    """Sends back what it receives."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Site:
    """An application that takes over each connection if that is possible, and the server around it."""

    def __init__(self) -> None:
        self.port = 0
        self.server = cast(uvicorn.Server, None)
        self.echos: list[Echo] = []
        self.offered: list[bool] = []
        self.deadlines = ConnectionDeadlines(Settings(), Metrics())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = takeover(scope)
        self.offered.append(connection is not None)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if connection is not None and connection.possible():
            self.echos.append(connection.take(Echo))
        else:
            await send({"type": "http.response.body", "body": b"asgi"})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    http: Any = type("Http", (LeavableConnection,), {"head_limit": 16_384, "deadlines": site.deadlines})
    config = uvicorn.Config(site, port=0, http=http, lifespan="off", log_config=None, log_level="critical")
    site.server = uvicorn.Server(config)
    config.load()
    site.server.lifespan = config.lifespan_class(config)
    await site.server.startup()
    site.port = site.server.servers[0].sockets[0].getsockname()[1]
    yield site
    await site.server.shutdown()


async def test_the_connection_belongs_to_the_new_protocol_and_uvicorn_has_forgotten_it(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    state = site.server.server_state

    async def forgotten() -> bool:
        return not state.connections and not state.tasks

    await eventually(forgotten, "uvicorn has forgotten the connection")
    assert not len(site.deadlines), "it has no deadline"
    writer.write(b"GET / HTTP/1.1\r\n")
    async with asyncio.timeout(PATIENCE):
        assert await reader.readexactly(16) == b"GET / HTTP/1.1\r\n"
    (echo,) = site.echos
    writer.close()
    await writer.wait_closed()

    async def lost() -> bool:
        return echo.lost

    await eventually(lost, "the new protocol learns of the end")


@pytest.mark.parametrize(
    ("request_", "offered"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", False),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", True),
    ],
    ids=["POST", "HEAD", "HTTP/1.0", "a body", "another request"],
)
async def test_nothing_is_taken_that_uvicorn_still_needs(site: Site, request_: bytes, offered: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(request_)
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    assert site.offered[0] is offered
    assert len(site.echos) == len(site.offered) - 1
    writer.close()
    await writer.wait_closed()


def test_other_servers_offer_nothing() -> None:
    assert takeover({"type": "http"}) is None
    assert takeover({"type": "http", "extensions": {"http.response.push": {}}}) is None


def test_it_is_offered_once() -> None:
    connection = object()
    scope: Scope = {"extensions": {EXTENSION: connection}}
    assert takeover(scope) is connection
    assert takeover(scope) is None
