"""uvicorn in the loop of a test, without the pauses that Server.serve makes when it starts and ends."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import uvicorn

from waiting import eventually


@contextlib.asynccontextmanager
async def listening(config: uvicorn.Config) -> AsyncIterator[int]:
    """Serve on a port of 127.0.0.1, which is yielded. At the end, wait until every connection and request has ended.

    Server.serve looks every 0.1 s whether it should end, and then pauses for another 0.1 s. The tests of
    server_process.py go through it. Here only the parts between these pauses run.
    """
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)  # makes the header Date
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for listener in server.servers:
            listener.close()
        for connection in tuple(server.server_state.connections):
            connection.shutdown()

        async def all_ended() -> bool:
            return not server.server_state.connections and not server.server_state.tasks

        await eventually(all_ended, "uvicorn has ended its connections")
