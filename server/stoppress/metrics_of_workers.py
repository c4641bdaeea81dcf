"""Combines the metrics of several workers.

Each worker serves its own metrics on a Unix socket, and the worker that gets a request for `/metrics` adds them up.

A restarted worker's counters begin at 0, as those of any restarted process do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from stoppress.metrics import Metrics, summed

_PATIENCE = 2.0  # seconds that another worker may take to answer


@asynccontextmanager
async def shared(metrics: Metrics, folder: Path, index: int) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """Serve `metrics` to the other workers, as worker `index`.

    Yields a function that returns the metrics of all workers.
    """

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
    server = await asyncio.start_unix_server(answer, mine)
    try:
        yield together
    finally:
        server.close()
        mine.unlink(missing_ok=True)


async def _ask(path: Path) -> bytes:
    """The metrics of another worker. Empty if it does not answer."""
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_unix_connection(path)
            text = await reader.read()
            writer.close()
            return text
    except (OSError, TimeoutError):
        return b""
