"""Measures event-loop lag."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_OFTEN, _SELDOM = 0.02, 0.25  # seconds between two samples, while busy and while idle
_MOMENT = 0.05  # seconds of frequent sampling after each `note_work`


class LoopDelay:
    """Samples event-loop lag, and passes each sample to `observe`, in seconds.

    It samples every 20 ms while readers arrive or changes are written (`note_work`), and every 250 ms when idle: each
    wake-up costs a sleeping process more than 0.1 ms, and constant sampling would be most of an idle process's work.
    """

    __slots__ = ("_due", "_loop", "_observe", "_often_until", "_timer")

    def __init__(self, observe: Callable[[float], object]) -> None:
        self._observe = observe
        self._often_until = self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Sample until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._plan(self._loop.time())
        try:
            await asyncio.Event().wait()
        finally:
            if self._timer:
                self._timer.cancel()
            self._timer = None

    def note_work(self) -> None:
        """Note that there is work: sample frequently for a moment."""
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
        if now is None or at > self._due:  # a sample taken early is no measurement
            self._observe(max(0.0, at - self._due))
        self._plan(at)

    def _plan(self, now: float) -> None:
        self._due = now + (_OFTEN if now < self._often_until else _SELDOM)
        self._timer = self._loop.call_at(self._due, self._look)
