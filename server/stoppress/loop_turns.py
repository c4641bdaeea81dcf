"""Long work on the event loop in short turns, one turn for each pass of the loop, so that nothing else waits long.

A pass of the loop runs every task that is ready. Many tasks that each work for a few milliseconds before they pause
would therefore still hold the loop for as long as all of them together. So a turn is a lock, which its holder releases
one pass later, and asyncio's lock serves those who wait in the order in which they came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TypeVar

SECONDS = 0.005  # of work in one turn; the last step may take longer

T = TypeVar("T")


class LoopTurns:
    """The turns of all who share this object. `async with turns:` is one turn, in which its holder must not await."""

    __slots__ = ("_clock", "_lock")

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._lock.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            self._lock.release()

    async def run(self, steps: Iterable[T]) -> list[T]:
        """The results of all `steps`, each worked out when it is asked for. Raises what a step raises."""
        remaining = iter(steps)
        results: list[T] = []
        while True:
            async with self:
                until = self._clock() + SECONDS
                for result in remaining:
                    results.append(result)
                    if self._clock() >= until:
                        break
                else:
                    return results
