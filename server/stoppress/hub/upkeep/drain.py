"""When each reader is let go at a stop, and when it is to come back.

Readers are let go in batches, evenly over the grace time, so that neither this process nor those that take them over
have all at once to do; a small audience is one batch. Each is told a delay after which it arrives within its own share
of the spread: arrivals are even by construction, not by the luck of dice. Where somebody has taken the port over
already the first may come back at once; else none before this process is gone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

BATCH = 20  # readers at least
BATCHES = 50  # at most


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
