"""The connection object that readers get, with an echo behind it, for Autobahn's fuzzing client: see bench/autobahn.

PYTHONPATH=tests python tests/hub/echo.py PORT
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import cast

import uvicorn
import uvloop
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.frames import Frame, Opcode

from hub.history import HistoryInMemory, PlainMarkup, a_blog
from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.hub import client_budgets
from stoppress.hub.dependencies import Source
from stoppress.hub.hub import Hub
from stoppress.hub.socket import client_frames
from stoppress.hub.socket.connection import Connection
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.settings import Settings
from stoppress.store.base import Store


class Echo(client_frames.ClientFrames):
    """Sends each message back, as it came."""

    __slots__ = ("_binary", "_parts")

    def frame_received(self, frame: Frame) -> None:
        super().frame_received(frame)
        if frame.opcode is not Opcode.CONT:
            self._parts: list[bytes] = []
            self._binary = frame.opcode is Opcode.BINARY
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self.send(b"".join(self._parts), text=not self._binary)


def _start(self: Connection, cursor: Cursor | None, before: bytes = b"") -> None:
    """The answer to the handshake, and no hello."""
    self.transport.write(before)
    self.channel.join(self)


async def serve(port: int) -> None:
    """Echo at /v1/blogs/echo/socket until cancelled."""
    client_frames.MESSAGE_MAX = 64 << 20  # Autobahn sends 16 MiB
    client_budgets.FRAMES_MAX = client_budgets.BYTES_MAX = 1 << 60
    Connection.make_frames = Echo
    Connection.start = _start  # type: ignore[method-assign, assignment]
    history = HistoryInMemory(a_blog("echo"))
    settings = Settings(heartbeat=3600.0, slow_timeout=600.0, verify=3600.0)
    metrics = Metrics()
    hub = Hub(Source(cast(Store, history), history), PlainMarkup(), settings, metrics)
    config = uvicorn.Config(
        Starlette(routes=hub.routes),
        http=hub.first_protocol(HttpToolsProtocol, ConnectionDeadlines(settings, metrics)),
        ws=hub.socket_protocol,
        lifespan="off",
        log_level="warning",
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hub.run())
        await uvicorn.Server(config).serve([socket.create_server(("127.0.0.1", port))])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
