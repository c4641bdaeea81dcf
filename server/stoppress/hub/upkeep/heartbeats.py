"""Heartbeats to all readers.

A heartbeat goes to one slot of each channel at a time, so that the writes are spread over the interval; each reader
gets one a little more often than the contract says.
"""

from __future__ import annotations

import asyncio

from stoppress.hub.channels import Channels
from stoppress.hub.roster import SLOTS


async def heartbeats(channels: Channels, every: float) -> None:
    """Send them, until cancelled: each slot once in less than `every` seconds."""
    loop = asyncio.get_running_loop()
    step = every / (SLOTS + 1)
    due = loop.time()
    while True:
        for slot in range(SLOTS):
            due = max(due + step, loop.time())
            await asyncio.sleep(due - loop.time())
            for channel in channels:
                channel.beat(slot)
