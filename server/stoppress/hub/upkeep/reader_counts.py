"""Counts the readers of all processes together: says every few seconds how many are here, and hears of the others.

What is said holds for three rounds. So a process that dies is forgotten within seconds, and one that can't reach the
store for a moment is not.
"""

from __future__ import annotations

import asyncio
import logging

from stoppress.hub.channels import Channels
from stoppress.store.base_reader_counts import Audience

EVERY = 2.0  # seconds between two rounds

_log = logging.getLogger("stoppress.hub")


class AudienceCounter:
    """Keeps `channel.elsewhere` of each channel."""

    def __init__(self, audience: Audience, channels: Channels, every: float = EVERY) -> None:
        self._audience = audience
        self._channels = channels
        self._every = every
        self._said: set[str] = set()

    async def run(self) -> None:
        """Round after round, until cancelled."""
        failing = False
        while True:
            try:
                await self.round()
            except Exception as error:  # whatever it is: a number that is wrong for a while must not end the hub
                if not failing:
                    _log.warning("counting all readers failed, trying again: %s: %s", type(error).__name__, error)
                failing = True
            else:
                failing = False
            await asyncio.sleep(self._every)

    async def round(self) -> None:
        """Say how many are here, and take note of how many are elsewhere. Raises Unavailable."""
        here = {channel.blog.id: channel.readers for channel in self._channels}
        gone = dict.fromkeys(self._said - here.keys(), 0)
        elsewhere = await self._audience.report(here | gone, holds=3 * self._every)
        self._said = set(here)
        for blog, number in elsewhere.items():
            if channel := self._channels.get(blog):
                channel.elsewhere = number

    async def total(self, blog: str) -> int:
        """The readers of a blog everywhere. Raises Unavailable."""
        channel = self._channels.get(blog)
        return (channel.readers if channel else 0) + await self._audience.others(blog)
