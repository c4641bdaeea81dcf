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

_OFTEN, _SELDOM = 0.02, 0.25  # seconds between two looks at how late the loop is
_MOMENT = 0.05  # seconds for which it is looked at often
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


class Stops:
    """How long the loop lets others wait: `observe` gets it, in seconds, at every look.

    There is a look every 20 ms while readers come or changes go out (`stir`), and four a second while nothing does:
    each wake of a process that sleeps costs it more than 0.1 ms, and looks all the time would be most of what it takes.
    """

    __slots__ = ("_due", "_loop", "_observe", "_often_until", "_timer")

    def __init__(self, observe: Callable[[float], object]) -> None:
        self._observe = observe
        self._often_until = self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Look, until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._plan(self._loop.time())
        try:
            await asyncio.Event().wait()
        finally:
            if self._timer:
                self._timer.cancel()
            self._timer = None

    def stir(self) -> None:
        """There is something to do: look often, for a moment."""
        if self._timer is None:
            return
        now = self._loop.time()
        calm = self._often_until <= now
        self._often_until = now + _MOMENT
        if calm:
            self._timer.cancel()
            self._look(now)

    def _look(self, now: float | None = None) -> None:
        at = self._loop.time() if now is None else now
        if now is None or at > self._due:  # a look that is only brought forward has nothing to tell
            self._observe(max(0.0, at - self._due))
        self._plan(at)

    def _plan(self, now: float) -> None:
        self._due = now + (_OFTEN if now < self._often_until else _SELDOM)
        self._timer = self._loop.call_at(self._due, self._look)
