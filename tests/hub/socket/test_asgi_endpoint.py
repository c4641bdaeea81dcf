"""Sockets through an ASGI server. What both paths share is tested by test_upgrade.py and test_connection.py on both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette

from hub import serving
from hub.history import HistoryInMemory
from hub.serving import closed, hub_server, receive

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def ordinary_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "fast_path", False)


async def test_a_message_that_is_too_large_closes_with_1009() -> None:
    async with hub_server(HistoryInMemory()) as at, at.connect() as reader:
        await receive(reader)
        await reader.send("x" * 4_096)
        await reader.send(b"x" * 4_096)
        at.history.publish("gust")
        assert (await receive(reader))["post"]["id"] == "gust"
        await reader.send("ä" * 2_049)
        assert await closed(reader) == 1009
        await at.until(lambda: at.hub.readers() == 0, "it is counted out")


async def test_the_drain_says_bye_and_closes_with_1012() -> None:
    async with hub_server(HistoryInMemory()) as at, at.connect() as reader:
        await receive(reader)
        leaving = asyncio.create_task(at.hub.drain())
        assert (await receive(reader))["type"] == "bye"
        assert await closed(reader) == 1012
        await asyncio.wait_for(leaving, 10)
        assert (await at.http("/v1/blogs/regatta/socket"))[0] == 503


async def test_the_address_behind_a_trusted_proxy_counts() -> None:
    async with hub_server(HistoryInMemory(), readers_per_address=1, trusted_proxies="127.0.0.1") as at:
        one, other = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        async with at.connect(additional_headers=one), at.connect(additional_headers=other):
            status, _, problem = await at.http("/v1/blogs/regatta/socket", one)
            assert status == 503 and "192.0.2.1" in problem["detail"]


class Server:
    """An ASGI server of few lines: one connection, which sends nothing more and notes what it gets."""

    def __init__(self, **scope: Any) -> None:
        self.scope = {
            "type": "websocket",
            "path": "/v1/blogs/nowhere/socket",
            "query_string": b"",
            "headers": [(b"host", b"here")],
            "subprotocols": [],
        } | scope
        self.sent: list[Any] = []
        self._first: Iterator[dict[str, Any]] = iter([{"type": "websocket.connect"}])

    async def receive(self) -> dict[str, Any]:
        for message in self._first:
            return message
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def serve(self, application: Starlette) -> None:
        async with asyncio.timeout(10):
            await application(self.scope, self.receive, self.send)


async def test_a_server_that_can_not_answer_with_a_problem_refuses_all_the_same() -> None:
    async with hub_server(HistoryInMemory()) as at, at.connect() as reader:
        await receive(reader)  # the hub has begun
        server = Server()
        await server.serve(Starlette(routes=at.hub.routes))
        assert server.sent == [{"type": "websocket.close", "code": 1008, "reason": ""}]
        assert at.metric("stoppress_refusals_total", reason="blog") == 1


async def test_a_server_without_websockets_is_named_in_the_answer_and_once_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = [(b"host", b"here"), (b"connection", b"keep-alive, Upgrade"), (b"upgrade", b"websocket")]
    async with hub_server(HistoryInMemory()) as at:
        application = Starlette(routes=at.hub.routes)
        with caplog.at_level(logging.WARNING, "stoppress.hub"):
            for _ in range(2):
                server = Server(type="http", method="GET", headers=headers)
                await server.serve(application)
                assert server.sent[0]["status"] == 426
                assert b"no WebSocket support" in server.sent[1]["body"]
        assert [record.getMessage().partition(",")[0] for record in caplog.records] == [
            "The ASGI server has no WebSocket support"
        ]
        server = Server(type="http", method="GET")
        await server.serve(application)
        assert b"connect with a WebSocket client" in server.sent[1]["body"]
