"""Who may read here: how many in all, how many from one address, how many in a second, from which pages."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from stoppress.errors import Forbidden, Unavailable
from stoppress.settings import Settings

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Full(Unavailable):
    """There is no room for one more reader."""


class Rush(Unavailable):
    """Too many come at once."""


class Admission:
    """Counts readers in and out. What was admitted must be released, once.

    Handshakes are counted in portions (a token bucket): a second's worth may come at once after a quiet second.
    """

    def __init__(
        self, settings: Settings, chance: random.Random, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.readers = 0
        self._rate = settings.handshakes_per_second
        self._portions = float(self._rate)
        self._monotonic = monotonic
        self._filled = monotonic()
        self._most = settings.readers_max
        self._most_per_address = settings.readers_per_address
        self._addresses: Counter[str] = Counter()
        self._chance = chance

    def admit(self, address: str | None) -> None:
        """Count one in.

        Raises:
            Full: there is no room.
            Rush: too many came within this second.

        `retry_after` is spread, so that those refused don't come back together.
        """
        self._pace()
        if self.readers >= self._most:
            raise Full(f"this server has as many readers as it takes ({self._most})", self._chance.randint(2, 10))
        if self._most_per_address and address is not None:
            if self._addresses[address] >= self._most_per_address:
                detail = f"{address} has as many readers as one address may have ({self._most_per_address})"
                raise Full(detail, self._chance.randint(2, 10))
            self._addresses[address] += 1
        self.readers += 1

    def _pace(self) -> None:
        """Spend a portion."""
        if not self._rate:
            return
        now = self._monotonic()
        self._portions = min(float(self._rate), self._portions + (now - self._filled) * self._rate)
        self._filled = now
        if self._portions < 1:
            detail = f"more readers come than this server takes in within a second ({self._rate})"
            raise Rush(detail, self._chance.randint(1, 5))
        self._portions -= 1

    def release(self, address: str | None) -> None:
        """Count one out, by the address it was admitted under."""
        self.readers -= 1
        if self._most_per_address and address is not None:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]


class Origins:
    """The pages that may read here: origins, comma-separated, or *. A page of this very host always may."""

    def __init__(self, allowed: str) -> None:
        names = {name.strip().rstrip("/").lower() for name in allowed.split(",") if name.strip()}
        self.any = "*" in names
        self._allowed = names

    def check(self, origin: str | None, host: str | None) -> None:
        """Raise Forbidden unless a page of `origin` may. No origin is no page, but an app."""
        if origin is None or self.any or origin.lower() in self._allowed or _same_host(origin, host):
            return
        raise Forbidden(f"pages of {origin[:200]!r} may not read here; see STOPPRESS_ORIGINS")


@lru_cache(maxsize=1_024)
def _same_host(origin: str, host: str | None) -> bool:
    try:
        page, here = urlsplit(origin), urlsplit(f"{origin.partition(':')[0]}://{host}")
        default = _DEFAULT_PORTS.get(page.scheme)
        return bool(page.hostname) and (page.hostname, page.port or default) == (here.hostname, here.port or default)
    except ValueError:
        return False
