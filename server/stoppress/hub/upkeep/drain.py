"""When each reader is let go at a stop, and when it is to come back.

Readers are let go in batches, evenly over the grace time, so that neither this process nor those that take them over
have all at once to do; a small audience is one batch. Each is told a delay after which it arrives within its own share
of the spread: arrivals are even by construction, not by the luck of dice. Where somebody has taken the port over
already the first may come back at once; else none before this process is gone.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from stoppress.settings import Settings
from stoppress.wire import ByeReason

BATCH = 20  # readers at least
BATCHES = 50  # at most
SLICE = 512  # readers let go between two yields


class Leaving(Protocol):
    """A reader, by socket or stream, that can be asked to go."""

    def part(self, retry_after_ms: int, reason: ByeReason) -> None:
        """Say when to come back, and close."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Readers to let go `after` so many seconds from the beginning, one for each of `delays` (milliseconds)."""

    after: float
    delays: tuple[int, ...]


def batches(readers: int, *, grace: float, spread: float, taken_over: bool, chance: random.Random) -> Iterator[Batch]:
    """All `readers`, in their order. `grace` and `spread` are in seconds."""
    count = min(BATCHES, -(-readers // BATCH))
    lasts = grace * count / BATCHES
    first = 0.0 if taken_over else lasts
    gone = 0
    for number in range(count):
        after = lasts * number / count
        until = readers * (number + 1) // count
        due = (first + spread * (place + chance.random()) / readers for place in range(gone, until))
        yield Batch(after, tuple(max(0, round((moment - after) * 1000)) for moment in due))
        gone = until


async def let_go(
    leaving: list[Leaving], settings: Settings, chance: random.Random, note_work: Callable[[], object]
) -> None:
    """Ask all of `leaving` to go, batch by batch, in any order: one blog's readers are not all in one batch.
    `note_work` is called at each batch."""
    chance.shuffle(leaving)
    plan = batches(
        len(leaving),
        grace=settings.drain,
        spread=settings.reconnect_spread,
        taken_over=settings.share_port,
        chance=chance,
    )
    loop = asyncio.get_running_loop()
    began, asked = loop.time(), 0
    for batch in plan:
        await asyncio.sleep(began + batch.after - loop.time())
        note_work()
        for delay in batch.delays:
            leaving.pop().part(delay, "restarting")
            asked += 1
            if asked % SLICE == 0:
                await asyncio.sleep(0)
