"""Bounds on how long a reader may be slow or closing. A reader that is neither costs nothing here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stoppress.hub.subscriber import State, Subscriber
from stoppress.wire import Close

CLOSING_MAX = 5.0  # seconds for the closing handshake, and for what waits before it
_STEP_LEAST, _STEP_MOST = 0.02, 1.0  # seconds between two sweeps


class Deadlines:
    """The readers that are slow or closing, and until when they may be. All others cost nothing here."""

    def __init__(self, slow_timeout: float, clock: Callable[[], float]) -> None:
        self._slow_timeout = slow_timeout
        self._clock = clock
        self._until: dict[Subscriber, float] = {}

    def expect(self, reader: Subscriber) -> None:
        """The reader must leave its state in time: begun now."""
        seconds = CLOSING_MAX if reader.state is State.CLOSING else self._slow_timeout
        self._until[reader] = self._clock() + seconds

    def relax(self, reader: Subscriber) -> None:
        """It did; not an error when nothing was expected."""
        self._until.pop(reader, None)

    async def run(self) -> None:
        """Sweep often enough for the shortest bound, until cancelled."""
        step = max(_STEP_LEAST, min(_STEP_MOST, self._slow_timeout / 4))
        while True:
            await asyncio.sleep(step)
            self.sweep()

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
