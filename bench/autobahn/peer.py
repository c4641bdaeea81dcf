"""An echo of websockets' own, as its documentation shows it, for Autobahn's fuzzing client: what ours is held to."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


async def echo(connection: ServerConnection) -> None:
    """Send each message back, as it came."""
    try:
        async for message in connection:
            await connection.send(message)
    except ConnectionClosed:
        pass  # breaking the connection is what this client comes for


async def main(port: int) -> None:
    """Until killed. Pings of the server's own would be noise among what is tested."""
    async with serve(echo, "127.0.0.1", port, max_size=64 << 20, ping_interval=None):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
