"""What a hub is given from outside: where it reads, and its clocks and dice, so that tests need not wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stoppress.store.base import Log, Store
from stoppress.store.base_reader_counts import Audience

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a hub reads: the blogs, their histories as they grow, and, where processes share a store, how many read in
    each of them."""

    store: Store
    log: Log
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` is the time of day, `monotonic` counts seconds from any start, and `chance` spreads what must not come at
    once."""

    now: Clock = _now
    monotonic: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)
