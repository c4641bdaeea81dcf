"""Dependencies given to a hub: the stores it reads, its clocks and its randomness, so that tests need not wait."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stoppress.store.base import Log, Store
from stoppress.store.base_reader_counts import Audience

Clock = Callable[[], datetime]
# May the sender of this `Authorization`, from this address, read a private blog? Raises Unavailable.
MayRead = Callable[[str, str, str], Awaitable[bool]]


def _now() -> datetime:
    return datetime.now(UTC)


async def nobody(blog: str, authorization: str, address: str) -> bool:
    """The MayRead of a hub without tokens."""
    return False


@dataclass(frozen=True, slots=True)
class Source:
    """The stores that a hub reads.

    They have the blogs, their streams and, where processes share a store, the reader counts of each. `may_read` says
    who may read private blogs.
    """

    store: Store
    log: Log
    audience: Audience | None = None
    may_read: MayRead = nobody


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now`: the time of day. `monotonic`: seconds from an arbitrary start. `chance`: spreads events over time."""

    now: Clock = _now
    monotonic: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)
