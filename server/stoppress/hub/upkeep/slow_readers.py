"""Closes readers that are slow for longer than `slow_timeout`, and aborts those that do not finish closing.

A slow reader is one whose socket is full (flow_control.py). The hub closes a slow reader, a WebSocket with 1013. A
reader in another state has no deadline, and costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stoppress.hub.subscriber import State, Subscriber
from stoppress.wire import Close

CLOSING_MAX = 5.0  # seconds for the closing handshake, and for the bytes buffered before it
_STEP_LEAST, _STEP_MOST = 0.02, 1.0  # seconds between two sweeps


class SlowReaders:
    """The deadlines of the readers that are slow or closing."""

    def __init__(self, slow_timeout: float, clock: Callable[[], float]) -> None:
        self._slow_timeout = slow_timeout
        self._clock = clock
        self._until: dict[Subscriber, float] = {}

    def start_deadline(self, reader: Subscriber) -> None:
        """Start a deadline for `reader` to leave its state."""
        seconds = CLOSING_MAX if reader.state is State.CLOSING else self._slow_timeout
        self._until[reader] = self._clock() + seconds

    def cancel_deadline(self, reader: Subscriber) -> None:
        """Cancel the deadline of `reader`. Does nothing if there is none."""
        self._until.pop(reader, None)

    async def run(self) -> None:
        """Sweep often enough for the shortest deadline, until cancelled."""
        step = max(_STEP_LEAST, min(_STEP_MOST, self._slow_timeout / 4))
        while True:
            await asyncio.sleep(step)
            self.sweep()

    def sweep(self) -> None:
        """Close readers that were slow for too long, and abort those that did not finish closing."""
        now = self._clock()
        for reader, until in tuple(self._until.items()):
            if until <= now:
                if reader.state is State.CLOSING:
                    self._until.pop(reader)
                    reader.transport.abort()
                else:
                    reader.close(Close.OVERLOADED)

    def abort(self) -> None:
        """Abort every reader that has a deadline."""
        for reader in tuple(self._until):
            reader.transport.abort()
