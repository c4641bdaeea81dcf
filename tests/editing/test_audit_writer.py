"""The audit log while the store accepts no writes: nobody waits, nothing ends, and what is dropped is counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from redis.exceptions import ResponseError

from stoppress.editing.audit_writer import AuditWriter
from stoppress.errors import WritesRefused
from stoppress.store.base_audit_log import Act
from waiting import eventually

pytestmark = pytest.mark.anyio
WAITING_MAX = 20


class FailingAudit:
    """Keeps entries in memory, refuses all while `refuses`, and never takes one whose target is `poison`."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.refuses = False
        self.attempts = 0

    async def append(self, acts: Sequence[Act]) -> None:
        self.attempts += 1
        if self.refuses:
            raise WritesRefused("the store's memory is full")
        if any(act.target == "poison" for act in acts):
            raise ResponseError("ERR this can't be stored")
        self.targets += [act.target for act in acts]

    async def latest(self, *, before: str | None, limit: int) -> Sequence[Act]:
        return []


def act(target: object) -> Act:
    at = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
    return Act(at, "t", "desk", "192.0.2.1", "curl", "POST", "createPost", str(target), "petrel", 503)


@asynccontextmanager
async def writing(audit: FailingAudit, dropped: Counter[str]) -> AsyncIterator[AuditWriter]:
    writer = AuditWriter(audit, lambda reason, number: dropped.update({reason: number}), waiting_max=WAITING_MAX)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(writer.run())
        yield writer
        await writer.stop()


async def test_entries_beyond_the_limit_are_dropped_at_once_and_said(caplog: pytest.LogCaptureFixture) -> None:
    audit, dropped = FailingAudit(), Counter[str]()
    audit.refuses = True
    async with writing(audit, dropped) as writer:
        for number in range(WAITING_MAX + 5):
            writer.note(act(number))
        assert dropped == {"full": 5}

        async def tried() -> bool:
            return audit.attempts > 1

        await eventually(tried, "the entries were tried twice")
        audit.refuses = False
    assert audit.targets == [str(number) for number in range(WAITING_MAX)]
    assert caplog.text.count("new ones are dropped") == 1
    assert "the audit log is written again; 5 entries were dropped" in caplog.text


async def test_an_entry_that_can_not_be_stored_is_dropped_alone() -> None:
    audit, dropped = FailingAudit(), Counter[str]()
    async with writing(audit, dropped) as writer:
        for target in ("a", "poison", "b"):
            writer.note(act(target))
    assert audit.targets == ["a", "b"]
    assert dropped == {"rejected": 1}


async def test_a_stop_waits_for_no_store() -> None:
    audit, dropped = FailingAudit(), Counter[str]()
    audit.refuses = True
    async with writing(audit, dropped) as writer:
        for number in range(WAITING_MAX):
            writer.note(act(number))
    assert dropped == {"stopped": WAITING_MAX}
