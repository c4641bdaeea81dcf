"""The hub's sense of time, for all readers at once: heartbeats, and bounds on how long a reader may be slow or closing.

A heartbeat goes to one slot of each channel at a time, so that the writes are spread over the interval; each reader
gets one a little more often than the contract says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from stoppress.hub.channel import Channel
from stoppress.hub.reader import Reader
from stoppress.hub.roster import SLOTS
from stoppress.hub.state import State
from stoppress.wire import Close

_LOOK = 0.02  # seconds between two looks at how late the loop is
CLOSING_MAX = 5.0  # seconds for the closing handshake, and for what waits before it


class Deadlines:
    """The readers that are slow or closing, and until when they may be. All others cost nothing here."""

    def __init__(self, slow_timeout: float, clock: Callable[[], float]) -> None:
        self._slow_timeout = slow_timeout
        self._clock = clock
        self._until: dict[Reader, float] = {}

    def expect(self, reader: Reader) -> None:
        """The reader must leave its state in time: begun now."""
        seconds = CLOSING_MAX if reader.state is State.CLOSING else self._slow_timeout
        self._until[reader] = self._clock() + seconds

    def relax(self, reader: Reader) -> None:
        """It did; not an error when nothing was expected."""
        self._until.pop(reader, None)

    def sweep(self) -> None:
        """Close who was slow for too long, abort who does not finish closing."""
        now = self._clock()
        for reader, until in tuple(self._until.items()):
            if until <= now:
                if reader.state is State.CLOSING:
                    self._until.pop(reader)
                    reader.transport.abort()
                else:
                    reader.close(Close.OVERLOADED)

    def abort(self) -> None:
        """Wait for none of them any longer."""
        for reader in tuple(self._until):
            reader.transport.abort()


async def heartbeats(channels: Mapping[str, Channel], every: float) -> None:
    """Send them, until cancelled: each slot once in less than `every` seconds."""
    loop = asyncio.get_running_loop()
    step = every / (SLOTS + 1)
    due = loop.time()
    while True:
        for slot in range(SLOTS):
            due = max(due + step, loop.time())
            await asyncio.sleep(due - loop.time())
            for channel in tuple(channels.values()):
                channel.beat(slot)


async def stops(observe: Callable[[float], object]) -> None:
    """Tell how long the loop lets others wait, in seconds, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LOOK
        await asyncio.sleep(_LOOK)
        observe(max(0.0, loop.time() - due))
