"""Writes the audit log: an entry for each write by a token, refused ones included, with who, what and from where.

Entries are written in the background, so a response does not wait for its entry. A second wait for the disk would
double the cost of publishing, and the post's history already has the change and its author, written in the same step as
the change. The queue of entries is bounded; when it is full, responses wait.
"""

from __future__ import annotations

import asyncio
import logging

from stoppress.errors import Unavailable
from stoppress.store.base_audit_log import Act, Audit

_log = logging.getLogger("stoppress.audit")
_WAITING = 10_000  # entries in the queue, at most
_AT_ONCE = 500  # entries to write at a time


class AuditWriter:
    """Writes entries of the audit log in the background, in the order they came."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self._waiting: asyncio.Queue[Act | None] = asyncio.Queue(_WAITING)
        self._stopping = False

    async def note(self, act: Act) -> None:
        """Queue an entry. Waits while the queue is full."""
        await self._waiting.put(act)

    async def run(self) -> None:
        """Write queued entries until `stop` is called. Retries while the store can't be reached."""
        while True:
            acts = [await self._waiting.get()]
            acts += [self._waiting.get_nowait() for _ in range(min(_AT_ONCE, self._waiting.qsize()))]
            await self._write([act for act in acts if act is not None])
            if None in acts:
                return

    async def stop(self) -> None:
        """Make `run` write the entries that are left, and return. `run` is not cancelled: task_cancellation.py says
        why a cancellation can't be relied on."""
        self._stopping = True
        await self._waiting.put(None)

    async def _write(self, acts: list[Act]) -> None:
        pause = 0.1
        while acts:
            try:
                await self.audit.append(acts)
                return
            except Unavailable as error:
                if self._stopping:
                    _log.error("stopping with %d entries not written to the audit log: %s", len(acts), error)
                    return
                _log.warning("can't write the audit log, trying again: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)
