"""Counts the readers of all processes: reports the readers of this process every few seconds, and reads the counts of
the others.

A report is valid for three rounds. So a process that dies is forgotten within seconds, and one that briefly can't reach
the store is not.
"""

from __future__ import annotations

import asyncio
import logging

from stoppress.hub.channels import Channels
from stoppress.store.base_reader_counts import Audience

EVERY = 2.0  # seconds between two rounds

_log = logging.getLogger("stoppress.hub")


class AudienceCounter:
    """Keeps `channel.elsewhere` of each channel up to date."""

    def __init__(self, audience: Audience, channels: Channels, every: float = EVERY) -> None:
        self._audience = audience
        self._channels = channels
        self._every = every
        self._reported: set[str] = set()

    async def run(self) -> None:
        """Do a round every `every` seconds, until cancelled."""
        failing = False
        while True:
            try:
                await self.round()
            except Exception as error:  # of any kind: a count that is wrong for a while must not stop the hub
                if not failing:
                    _log.warning(
                        "Can't count the readers of all processes; retrying: %s: %s", type(error).__name__, error
                    )
                failing = True
            else:
                failing = False
            await asyncio.sleep(self._every)

    async def round(self) -> None:
        """Report the readers of this process, and store the counts of the others. Raises Unavailable."""
        here = {channel.blog.id: channel.readers for channel in self._channels}
        gone = dict.fromkeys(self._reported - here.keys(), 0)
        elsewhere = await self._audience.report(here | gone, holds=3 * self._every)
        self._reported = set(here)
        for blog, number in elsewhere.items():
            if channel := self._channels.get(blog):
                channel.elsewhere = number

    async def total(self, blog: str) -> int:
        """The number of the blog's readers in all processes. Raises Unavailable."""
        channel = self._channels.get(blog)
        return (channel.readers if channel else 0) + await self._audience.others(blog)
