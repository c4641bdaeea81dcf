"""Watches the store: whether it answers, whether it accepts writes, and whether it still has its data.

Every half second it reads one key, on a connection of its own and with a short time limit. So pages come from memory
(web/cache/page_cache.py) as soon as the store is away, and everything resumes as soon as it is back, however long the
time limits of other commands are. Whether the store accepts writes is tried every five seconds, and at each look while
it does not.

The key holds a random id. If the id is missing, the store was emptied; if it is another one, it was replaced.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable

from stoppress.errors import Unavailable, WritesRefused
from stoppress.settings import Settings
from stoppress.store.fast_reads import FastReads
from stoppress.store.redis_connection import connect, reachable
from stoppress.store.redis_keys import READY, STORE_ID

EVERY = 0.5  # seconds between two looks
WRITES_EVERY = 5.0  # seconds between two tries to write

_log = logging.getLogger("stoppress.store")


class StoreWatch:
    """The state of the store, as of the last look. `refuses_writes` is why it refuses writes; None if it does not."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._reads = FastReads(url, settings, seconds=settings.store_patience)
        self._writes = connect(url, settings, retries=0)
        self.refuses_writes: str | None = None
        self._away = False
        self._answered = time.monotonic()
        self._write_due = 0.0
        self._id: str | None = None
        self._on_away: list[Callable[[], object]] = []
        self._on_return: list[Callable[[], Awaitable[object]]] = []

    @property
    def away_for(self) -> float:
        """For how many seconds the store has not answered; 0 if it answered at the last look."""
        return time.monotonic() - self._answered if self._away else 0.0

    def on_away(self, call: Callable[[], object]) -> None:
        """Have `call` called when the store stops answering."""
        self._on_away.append(call)

    def on_return(self, call: Callable[[], Awaitable[object]]) -> None:
        """Have `call` called when the store answers again."""
        self._on_return.append(call)

    async def run(self) -> None:
        """Look at the store every `EVERY` seconds, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Look once, and report what has changed since the last look."""
        try:
            with reachable("looking whether it is there"):
                (found,) = await self._reads.ask([("GET", STORE_ID)])
        except Unavailable as error:
            if not self._away:
                self._away = True
                _log.error("The store is away; pages and feeds come from memory: %s", error)
                for call in self._on_away:
                    call()
            return
        if self._away:
            _log.warning("The store answers again, after %.1f s", self.away_for)
            self._away = False
            for resume in self._on_return:
                try:
                    await resume()
                except Exception:  # of any kind: the others must resume as well
                    _log.exception("Unexpected error while resuming after the store's return")
        self._answered = time.monotonic()
        try:
            await self._compare(found)
            await self._try_to_write()
        except Unavailable:
            pass  # the next look finds the cause

    async def _compare(self, found: str | None) -> None:
        if self._id is not None and found != self._id:
            what = "The store was emptied" if found is None else "The store was replaced by another one"
            _log.error("%s; readers of blogs that are gone are told so", what)
            self._id = None
        if found is None:
            try:
                with reachable("marking the store"):
                    mark = secrets.token_hex(8)
                    found = await self._writes.set(STORE_ID, mark, nx=True, get=True) or mark
            except WritesRefused:
                return
        self._id = found

    async def _try_to_write(self) -> None:
        now = time.monotonic()
        if self.refuses_writes is None and now < self._write_due:
            return
        self._write_due = now + WRITES_EVERY
        try:
            with reachable("checking that it accepts writes"):
                await self._writes.set(READY, "1")
        except WritesRefused as error:
            if self.refuses_writes is None:
                _log.error("The store refuses writes, which are answered 503; reading works: %s", error)
            self.refuses_writes = str(error)
        else:
            if self.refuses_writes is not None:
                _log.warning("The store accepts writes again")
            self.refuses_writes = None

    async def close(self) -> None:
        """Close the connections."""
        await self._reads.close()
        await self._writes.aclose()
