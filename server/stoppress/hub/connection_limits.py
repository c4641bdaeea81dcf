"""Limits on readers: how many in total, how many per address, and how many new ones per second."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

from stoppress.errors import Unavailable
from stoppress.settings import Settings


class Full(Unavailable):
    """The server, or one address, already has the maximum number of readers."""


class RateExceeded(Unavailable):
    """More readers arrive per second than the server accepts."""


class ConnectionLimits:
    """Counts readers in and out. Every admitted reader must be released exactly once.

    A token bucket limits the rate of handshakes. It holds one second's worth, so that many may arrive at once after a
    quiet second.
    """

    def __init__(
        self, settings: Settings, chance: random.Random, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.readers = 0
        self._rate = settings.handshakes_per_second
        self._tokens = float(self._rate)
        self._monotonic = monotonic
        self._filled = monotonic()
        self._readers_max = settings.readers_max
        self._most_per_address = settings.readers_per_address
        self._addresses: Counter[str] = Counter()
        self._chance = chance

    def admit(self, address: str | None) -> None:
        """Admit one reader from `address`, and count it.

        Raises:
            Full: the server or the address has no room.
            RateExceeded: too many readers arrived within this second.

        `retry_after` is random, so that rejected readers do not all come back at the same moment.
        """
        self._take_token()
        if self.readers >= self._readers_max:
            raise Full(
                f"this server already has its maximum of {self._readers_max} readers; try again later",
                self._chance.randint(2, 10),
            )
        if self._most_per_address and address is not None:
            if self._addresses[address] >= self._most_per_address:
                most = self._most_per_address
                detail = f"{address} already has the maximum of {most} readers per address; try again later"
                raise Full(detail, self._chance.randint(2, 10))
            self._addresses[address] += 1
        self.readers += 1

    def _take_token(self) -> None:
        """Take one token from the bucket. Raises RateExceeded if it is empty."""
        if not self._rate:
            return
        now = self._monotonic()
        self._tokens = min(float(self._rate), self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            detail = f"this server accepts at most {self._rate} new readers per second; try again later"
            raise RateExceeded(detail, self._chance.randint(1, 5))
        self._tokens -= 1

    def release(self, address: str | None) -> None:
        """Count one reader out. `address` is the one that was passed to `admit`."""
        self.readers -= 1
        if self._most_per_address and address is not None:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
