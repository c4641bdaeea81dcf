"""The metrics of several workers as one: each tells its own at a unix socket, and whoever is asked sums them up.

A worker that was restarted begins its counters anew, as a process does that Prometheus asks by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from stoppress.metrics import Metrics, summed

_PATIENCE = 2.0  # seconds another worker may take to tell


@asynccontextmanager
async def shared(metrics: Metrics, folder: Path, index: int) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """Tell `metrics` as worker `index`; what answers for all workers together."""

    async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(metrics.exposition())
            await writer.drain()
        writer.close()

    async def together() -> bytes:
        others = [folder / name for name in sorted(os.listdir(folder)) if name != mine.name]
        heard = await asyncio.gather(*map(_ask, others))
        return summed([metrics.exposition(), *(text for text in heard if text)])

    mine = folder / f"{index}.metrics"
    mine.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(tell, mine)
    try:
        yield together
    finally:
        server.close()
        mine.unlink(missing_ok=True)


async def _ask(path: Path) -> bytes:
    """What a worker tells; nothing when it is gone."""
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_unix_connection(path)
            text = await reader.read()
            writer.close()
            return text
    except (OSError, TimeoutError):
        return b""
