"""How long the event loop lets others wait, measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_OFTEN, _SELDOM = 0.02, 0.25  # seconds between two looks at how late the loop is
_MOMENT = 0.05  # seconds for which it is looked at often


class LoopDelay:
    """How long the loop lets others wait: `observe` gets it, in seconds, at every look.

    There is a look every 20 ms while readers come or changes go out (`note_work`), and four a second otherwise:
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

    def note_work(self) -> None:
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
