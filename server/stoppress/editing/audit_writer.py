"""Writes the audit log: an entry for each write by a token, refused ones included, with who, what and from where.

Entries are written in the background, so a response does not wait for its entry. A second wait for the disk would
double the cost of publishing, and the post's history already has the change and its author, written in the same step as
the change.

While the store accepts no writes, entries wait in memory, `WAITING_MAX` of them at most. Then new entries are dropped:
the ones that are kept say how the trouble began. An entry that the store can't take at all is dropped alone. Each drop
is counted by reason, and logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from stoppress.errors import Unavailable
from stoppress.store.base_audit_log import Act, Audit

WAITING_MAX = 10_000  # entries that may wait to be written; about 10 MB
_AT_ONCE = 500  # entries to write at a time
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds before each retry; the last repeats

_log = logging.getLogger("stoppress.audit")


def _count_nothing(reason: str, number: int) -> None:
    pass


class AuditWriter:
    """Writes entries of the audit log in the background, in the order they came.

    `count_dropped` is called with the reason, `full`, `rejected` or `stopped`, and a number of entries.
    """

    def __init__(
        self,
        audit: Audit,
        count_dropped: Callable[[str, int], object] = _count_nothing,
        *,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self.audit = audit
        self._count_dropped = count_dropped
        self._waiting_max = waiting_max
        self._waiting: deque[Act] = deque()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._dropped = 0  # since entries were last written

    def note(self, act: Act) -> None:
        """Queue an entry. Never waits: when the queue is full, the entry is dropped."""
        if len(self._waiting) < self._waiting_max:
            self._waiting.append(act)
            self._wake.set()
            return
        if not self._dropped:
            _log.error("%d entries wait to be written to the audit log; new ones are dropped", len(self._waiting))
        self._dropped += 1
        self._count_dropped("full", 1)

    async def run(self) -> None:
        """Write queued entries until `stop` is called. Retries while the store accepts no writes."""
        while not self._stopping.is_set() or self._waiting:
            await self._wake.wait()
            acts = list(islice(self._waiting, _AT_ONCE))
            if acts and not await self._write(acts):
                return
            for _ in acts:
                self._waiting.popleft()
            if not self._waiting and not self._stopping.is_set():
                self._wake.clear()

    async def stop(self) -> None:
        """Make `run` write the entries that are left, and return. If the store accepts no writes, they are dropped.

        `run` is not cancelled: task_cancellation.py says why a cancellation can't be relied on.
        """
        self._stopping.set()
        self._wake.set()

    async def _write(self, acts: Sequence[Act]) -> bool:
        """Write entries. False if the server stops and they can't be written."""
        failures = 0
        while True:
            try:
                await self.audit.append(acts)
            except Unavailable as error:
                if self._stopping.is_set():
                    _log.error("stopping with %d entries not written to the audit log: %s", len(self._waiting), error)
                    self._count_dropped("stopped", len(self._waiting))
                    return False
                if not failures:
                    _log.warning("can't write the audit log, trying again: %s", error)
                await self._pause(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
            except Exception as error:  # of any kind: one entry must not keep the others from being written
                if len(acts) == 1:
                    _log.error("an entry can't be written to the audit log, and is dropped: %r: %s", error, error)
                    self._count_dropped("rejected", 1)
                    return True
                for act in acts:
                    if not await self._write([act]):
                        return False
                return True
            else:
                if failures or self._dropped:
                    _log.warning("the audit log is written again; %d entries were dropped", self._dropped)
                self._dropped = 0
                return True

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass
