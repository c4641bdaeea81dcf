"""The audit log, on every kind of server it may stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import redis as blocking_redis

from stoppress.settings import Settings
from stoppress.store.audit_log import RedisAudit
from stoppress.store.base_audit_log import Act
from stoppress.store.redis_keys import AUDIT, AUDIT_REFUSED

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
STORED = (
    '{"at":"2031-05-04T12:00:00Z","token":"t","name":"desk","address":"","agent":"","method":"POST",'
    '"operation":"createPost","target":"/posts/0","blog":"petrel","status":201}'
)


@pytest.fixture
async def audit(server_url: str) -> AsyncIterator[RedisAudit]:
    with blocking_redis.Redis.from_url(server_url) as client:
        client.flushall()
    audit = RedisAudit(server_url, Settings(audit_entries=1_000, audit_refused_entries=1_000))
    yield audit
    await audit.close()


def act(number: int, status: int) -> Act:
    """An entry that `number` identifies."""
    return Act(
        at=NOW + timedelta(seconds=number),
        token="t",
        name="desk",
        address="127.0.0.1",
        agent="curl",
        method="POST",
        operation="createPost",
        target=f"/posts/{number}",
        blog="petrel",
        status=status,
    )


async def whole(audit: RedisAudit, limit: int) -> list[Act]:
    """The whole log, read in pages of `limit` entries."""
    found: list[Act] = []
    while page := await audit.latest(before=found[-1].id if found else None, limit=limit):
        found += page
    return found


async def test_refused_requests_push_no_write_out_of_the_log(audit: RedisAudit) -> None:
    await audit.append([act(number, 201) for number in range(5)])
    for first in range(5, 4_005, 500):
        await audit.append([act(number, 403) for number in range(first, first + 500)])
    found = await whole(audit, 100)
    writes = [entry.target for entry in found if entry.status == 201]
    assert writes == ["/posts/4", "/posts/3", "/posts/2", "/posts/1", "/posts/0"]
    assert 1_000 <= len(found) < 1_200  # XADD keeps up to one node of 100 entries more
    assert found[0].target == "/posts/4004"


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_the_log_is_one_list_in_the_order_of_writing(audit: RedisAudit, limit: int) -> None:
    statuses = [201, 403, 403, 200, 422, 201, 201, 503, 399, 400]
    await audit.append([act(number, status) for number, status in enumerate(statuses)])
    for number in range(10, 30):
        await audit.append([act(number, 403 if number % 2 else 204)])
    found = await whole(audit, limit)
    assert [entry.target for entry in found] == [f"/posts/{number}" for number in range(29, -1, -1)]
    assert len({entry.id for entry in found}) == 30


async def test_entries_keep_their_order_when_the_clock_of_the_server_goes_back(
    audit: RedisAudit, server_url: str
) -> None:
    later = int(datetime.now(UTC).timestamp() * 1000) + 3_600_000
    with blocking_redis.Redis.from_url(server_url) as client:
        client.xadd("stoppress:audit", {"act": STORED}, id=f"{later}-7")
    await audit.append([act(1, 403), act(2, 201)])
    assert [entry.target for entry in await whole(audit, 2)] == ["/posts/2", "/posts/1", "/posts/0"]


async def test_an_empty_log_has_no_entries(audit: RedisAudit) -> None:
    await audit.append([])
    assert await audit.latest(before=None, limit=10) == []


async def test_entries_leave_the_log_after_the_days_that_are_set(server_url: str, audit: RedisAudit) -> None:
    """Old entries are not shown, and the next entry that is written erases them, also those of refused requests."""
    for_years = RedisAudit(server_url, Settings(audit_days=3_650))
    day = 86_400_000
    with blocking_redis.Redis.from_url(server_url) as client:
        now = int(client.time()[0]) * 1_000
        for stream in (AUDIT, AUDIT_REFUSED):
            client.xadd(stream, {"act": STORED}, id=f"{now - 366 * day}-0")
        client.xadd(AUDIT, {"act": STORED}, id=f"{now - 364 * day}-0")
        assert len(await whole(audit, 10)) == 1
        assert len(await whole(for_years, 10)) == 3
        await audit.append([act(1, 201)])
        assert (client.xlen(AUDIT), client.xlen(AUDIT_REFUSED)) == (2, 0)
    await for_years.close()
