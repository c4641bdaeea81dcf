"""Closes channels that have had no readers for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels

_STEP_LEAST, _STEP_MOST = 0.02, 1.0  # seconds between two sweeps


class IdleChannels:
    """Closes each channel that has had no reader for `linger` seconds, measured by `monotonic`."""

    def __init__(self, channels: Channels, linger: float, monotonic: Callable[[], float]) -> None:
        self._channels = channels
        self._linger = linger
        self._monotonic = monotonic
        self._since: dict[Channel, float] = {}

    async def run(self) -> None:
        """Sweep regularly, until cancelled."""
        step = max(_STEP_LEAST, min(_STEP_MOST, self._linger / 4))
        while True:
            await asyncio.sleep(step)
            self.sweep()

    def sweep(self) -> None:
        """Close the channels that have had no reader for `linger` seconds."""
        now = self._monotonic()
        idle = [channel for channel in self._channels if not channel.readers and not channel.wakes]
        self._since = {channel: self._since.get(channel, now) for channel in idle}
        for channel, since in self._since.items():
            if now - since >= self._linger:
                self._channels.close(channel)
