"""Heartbeats to all readers.

Each step sends heartbeats to one slot of every channel, so that the writes are spread over the interval. Each reader
gets a heartbeat slightly more often than the protocol promises.
"""

from __future__ import annotations

import asyncio

from stoppress.hub.channels import Channels
from stoppress.hub.roster import SLOTS


async def heartbeats(channels: Channels, every: float) -> None:
    """Send heartbeats until cancelled: to each slot once in less than `every` seconds."""
    loop = asyncio.get_running_loop()
    step = every / (SLOTS + 1)
    due = loop.time()
    while True:
        for slot in range(SLOTS):
            due = max(due + step, loop.time())
            await asyncio.sleep(due - loop.time())
            for channel in channels:
                channel.send_heartbeats(slot)
