"""A real server around a hub: uvicorn on a port of its own, in the test's loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hub.history import HistoryInMemory, PlainMarkup
from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.hub.dependencies import Source
from stoppress.hub.hub import Hub
from stoppress.metrics import Metrics
from stoppress.origins import Origins
from stoppress.settings import Settings
from stoppress.store.base import Store
from stoppress.web.http.cors import Cors
from stoppress.web.http.takeover import LeavableConnection
from waiting import PATIENCE, eventually

fast_path = True  # whether sockets and event streams leave ASGI; the fixture `both_paths` sets it


class HubServer:
    """A hub that serves `history`, and how to reach it."""

    def __init__(self, hub: Hub, history: HistoryInMemory, metrics: Metrics, port: int) -> None:
        self.hub = hub
        self.history = history
        self.metrics = metrics
        self.port = port

    def url(self, cursor: object = None, blog: str = "regatta") -> str:
        """The socket's address."""
        query = "" if cursor is None else f"?cursor={cursor}"
        return f"ws://127.0.0.1:{self.port}/v1/blogs/{blog}/socket{query}"

    def connect(self, cursor: object = None, blog: str = "regatta", *, form: str | None = None, **more: Any) -> connect:
        """A client; an async context manager."""
        protocols = [Subprotocol(form)] if form else None
        return connect(self.url(cursor, blog), subprotocols=protocols, compression=None, proxy=None, **more)

    async def http(
        self, path: str, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """The status, the headers and the JSON body of the answer to a request for a socket."""
        asked = {
            "Host": "127.0.0.1",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
        } | (headers or {})
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items() if value), "", ""]
        writer.write("\r\n".join(lines).encode())
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        return int(first.split()[1]), found, json.loads(body)

    def metric(self, name: str, **labels: str) -> float:
        """What was counted."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Return when it holds."""

        async def holds() -> object:
            return condition()

        await eventually(holds, what, PATIENCE)


@lru_cache
def _settings(**settings: Any) -> Settings:
    """They are made once for the same arguments: it takes 3 ms, and they can't be changed."""
    return Settings(**{"verify": 0.05, "heartbeat": 20.0} | settings)


@contextlib.asynccontextmanager
async def hub_server(history: HistoryInMemory, **settings: Any) -> AsyncIterator[HubServer]:
    """Serve `history`."""
    chosen = _settings(**settings)
    metrics = Metrics()
    hub = Hub(Source(cast(Store, history), history), PlainMarkup(), chosen, metrics)
    deadlines = ConnectionDeadlines(chosen, metrics)
    http = type("Http", (LeavableConnection,), {"head_limit": chosen.head_limit, "deadlines": deadlines})
    running = asyncio.create_task(hub.run())
    sweeping = asyncio.create_task(deadlines.run())
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Starlette(routes=hub.routes, middleware=[Middleware(Cors, Origins(chosen.origins))]),
        http=hub.first_protocol(http, deadlines) if fast_path else "httptools",
        ws=hub.socket_protocol if fast_path else "auto",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    try:
        yield HubServer(hub, history, metrics, listener.getsockname()[1])
    finally:
        # Without the pauses that Server.serve makes for its signals; the app's own tests go through those.
        for listening in server.servers:
            listening.close()
        running.cancel()
        sweeping.cancel()
        await asyncio.wait((running, sweeping))
        for connection in tuple(server.server_state.connections):
            connection.shutdown()
        if server.server_state.tasks:
            await asyncio.wait(server.server_state.tasks, timeout=PATIENCE)


async def receive(client: ClientConnection) -> dict[str, Any]:
    """The next message but heartbeats."""
    while True:
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await client.recv())
        if message["type"] != "heartbeat":
            return message


async def closed(client: ClientConnection) -> int | None:
    """The code that the server closes with, all messages before it read."""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionClosed):
            async for _ in client:
                pass
        await client.wait_closed()
    return client.close_code
