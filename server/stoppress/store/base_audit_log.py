"""The interface of the audit log, which records who did what, and from where. audit_log.py implements it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the audit log: what somebody did with a token, or tried to do.

    The request was for `operation` on `target`, from `address`; `status` is its HTTP status. `id` is the entry's
    position in the log, and empty until it is written.
    """

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
    """The audit log. Entries are appended and never changed.

    Refused requests (status 400 and above) displace only the entries of other refused requests.
    """

    async def append(self, acts: Sequence[Act]) -> None:
        """Append entries, in order. Raises Unavailable."""

    async def latest(self, *, before: str | None, limit: int) -> Sequence[Act]:
        """At most `limit` entries, the latest first: those before the entry with the id `before`, if given.

        Raises Unavailable.
        """
