"""The writer of the audit log: each write by a token is noted with who, what and from where, refused ones too.

A note is written behind the answer, not before it: the change itself and its author are already in the post's history,
in the same step as the change, and a second wait for the disk would double what publishing costs. What is not yet
written is bounded; when that is full, answers wait.
"""

from __future__ import annotations

import asyncio
import logging

from stoppress.errors import Unavailable
from stoppress.store.base_audit_log import Act, Audit

_log = logging.getLogger("stoppress.audit")
_WAITING = 10_000  # acts not yet written, at most
_AT_ONCE = 500


class AuditWriter:
    """Writes acts down in the order they came, in the background."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self._waiting: asyncio.Queue[Act | None] = asyncio.Queue(_WAITING)
        self._stopping = False

    async def note(self, act: Act) -> None:
        """Have it written soon; waits while too much is waiting."""
        await self._waiting.put(act)

    async def run(self) -> None:
        """Write until `stop`."""
        while True:
            acts = [await self._waiting.get()]
            acts += [self._waiting.get_nowait() for _ in range(min(_AT_ONCE, self._waiting.qsize()))]
            await self._write([act for act in acts if act is not None])
            if None in acts:
                return

    async def stop(self) -> None:
        """Let `run` write what is left, and end. Not by a cancellation: see task_cancellation.py."""
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
                    _log.error("%d acts could not be written to the audit log: %s", len(acts), error)
                    return
                _log.warning("the audit log waits for the store: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)
