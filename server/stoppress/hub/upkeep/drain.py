"""Plans when each reader is disconnected at a drain, and when it is to reconnect.

Readers are disconnected in batches, evenly over the grace time, so that neither this process nor those that take over
have to deal with all of them at once. A small audience is one batch. Each reader is given a delay that makes it arrive
within its own share of the spread, so arrivals are even by design, not by chance. If another process already shares the
port, the first readers may reconnect at once. Otherwise no reader reconnects before this process has exited.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from stoppress.settings import Settings
from stoppress.wire import ByeReason

BATCH = 20  # readers per batch, at least
BATCHES = 50  # batches, at most
SLICE = 512  # readers disconnected between two yields


class Leaving(Protocol):
    """A reader, by WebSocket or event stream, that can be asked to leave."""

    def send_bye(self, retry_after_ms: int, reason: ByeReason) -> None:
        """Tell the reader when to reconnect, and close."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Readers to disconnect `after` seconds from the start: one for each of `delays`, which are in milliseconds."""

    after: float
    delays: tuple[int, ...]


def batches(readers: int, *, grace: float, spread: float, taken_over: bool, chance: random.Random) -> Iterator[Batch]:
    """Divide `readers` into batches. `grace` and `spread` are in seconds."""
    count = min(BATCHES, -(-readers // BATCH))
    lasts = grace * count / BATCHES
    first = 0.0 if taken_over else lasts
    planned = 0
    for number in range(count):
        after = lasts * number / count
        until = readers * (number + 1) // count
        due = (first + spread * (place + chance.random()) / readers for place in range(planned, until))
        yield Batch(after, tuple(max(0, round((moment - after) * 1000)) for moment in due))
        planned = until


async def disconnect(
    leaving: list[Leaving], settings: Settings, chance: random.Random, note_work: Callable[[], object]
) -> None:
    """Disconnect all of `leaving` in batches, in random order, so that a blog's readers are spread over the batches.

    `note_work` is called at each batch.
    """
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
            leaving.pop().send_bye(delay, "restarting")
            asked += 1
            if asked % SLICE == 0:
                await asyncio.sleep(0)
