"""Bounds on how long a reader may be slow or closing. A reader that is neither costs nothing here."""

from __future__ import annotations

from collections.abc import Callable

from stoppress.hub.socket.reader import Reader
from stoppress.hub.socket.state import State
from stoppress.wire import Close

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
