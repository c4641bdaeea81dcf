"""The contract of the audit log, which says who did what, from where; audit_log.py keeps to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did with a token, or tried to: `operation` at `target`, from `address`; `status` is what came of
    it. `id` is its place in the log, once it is in it."""

    at: datetime
    token: str
    name: str
    address: str
    agent: str
    method: str
    operation: str
    target: str
    blog: str | None
    status: int
    id: str = ""


class Audit(Protocol):
    """The audit log: appended to, never changed."""

    async def append(self, acts: Sequence[Act]) -> None:
        """Write them down, in order. Raises Unavailable."""

    async def latest(self, *, before: str | None, limit: int) -> Sequence[Act]:
        """The latest first; those before the act with this id. Raises Unavailable."""
