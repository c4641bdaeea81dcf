"""A store that stops, is cut off, or refuses writes: every wait ends, reads work, and the error says what is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from stoppress.errors import Unavailable, WritesRefused
from stoppress.model import Blog, Post, PostChanged
from stoppress.settings import Settings
from stoppress.store.audit_log import RedisAudit
from stoppress.store.base import Attempt, Change
from stoppress.store.base_audit_log import Act
from stoppress.store.reader_counts import RedisAudience
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from stoppress.store.tokens import RedisTokens
from store_faults import FaultyNetwork, FaultyRedis, faulty_redis

pytestmark = [pytest.mark.anyio, pytest.mark.redis_server]
NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
LIMIT = 0.5  # seconds that the store may take for one answer
ACT = Act(NOW, "t", "desk", "192.0.2.1", "curl", "POST", "createPost", "/v1/blogs/petrel/posts", "petrel", 201)


@pytest.fixture
def server() -> Iterator[FaultyRedis]:
    with faulty_redis() as server:
        yield server


@pytest.fixture
async def store(server: FaultyRedis) -> AsyncIterator[RedisStore]:
    """A store with a blog of one post, written with an idempotency key."""
    store = RedisStore(server.url, Settings(redis_timeout=LIMIT))
    await store.create_blog(Blog(id="petrel", title="Petrel", created_at=NOW, updated_at=NOW, revision=1), by="desk")
    await store.commit(change("p1"), by="desk", at=NOW, attempt=Attempt("key", "print", 60))
    yield store
    await store.close()


def change(name: str) -> Change:
    post = Post(id=name, blog="petrel", title="One", created_at=NOW, status="published", published_at=NOW, revision=1)
    return Change(None, post, PostChanged("published", post), NOW)


@pytest.mark.parametrize("how", FaultyRedis.REFUSALS)
async def test_reads_work_while_writes_are_refused(server: FaultyRedis, store: RedisStore, how: str) -> None:
    settings = Settings()
    log, tokens = RedisLog(server.url, settings), RedisTokens(server.url, settings)
    audience = RedisAudience(server.url, settings, "here")
    other = RedisAudience(server.url, settings, "there")
    await other.report({"petrel": 3}, holds=60)
    server.refuse(how)
    with pytest.raises(WritesRefused):
        await store.commit(change("p2"), by="desk", at=NOW)
    blog = await store.blog("petrel")
    assert blog and blog.blog.posts == 1
    assert [state.blog.id for state in (await store.blogs(after=None, limit=10))[0]] == ["petrel"]
    page, since = await store.page("petrel", limit=10), await store.since("petrel", 0, limit=10)
    assert page and [post.id for post in page.posts] == ["p1"]
    assert since and len(since.records) == 2
    entry = await store.entry("petrel", "p1")
    assert entry and entry.id == "p1"
    assert len((await store.revisions("petrel", "p1")).revisions) == 1
    assert [made.entry.id for made in await store.attempted("petrel", Attempt("key", "print", 60))] == ["p1"]
    assert (await log.heads(["petrel"]))["petrel"] == page.cursor
    assert len((await log.read({"petrel": 0}, wait=1))["petrel"]) == 2
    assert await tokens.all() == []
    assert await audience.others("petrel") == 3
    server.accept()
    await store.commit(change("p2"), by="desk", at=NOW)
    for part in (log, tokens, audience, other):
        await part.close()


@pytest.mark.parametrize("how", FaultyRedis.REFUSALS)
async def test_a_refusal_within_a_pipeline_is_recognised(server: FaultyRedis, how: str) -> None:
    """redis-py puts the command in front of the message of such an error."""
    audit = RedisAudit(server.url, Settings())
    tokens = RedisTokens(server.url, Settings())
    server.refuse(how)
    with pytest.raises(WritesRefused, match="while writing the audit log"):
        await audit.append([ACT, ACT])
    with pytest.raises(WritesRefused, match="while counting requests"):
        await tokens.count("t", 1, 1, seconds=60)
    await audit.close()
    await tokens.close()


async def test_a_mistake_of_this_program_is_not_called_unavailable(server: FaultyRedis) -> None:
    audit = RedisAudit(server.url, Settings())
    server.client.set("stoppress:audit", "not a stream")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await audit.append([ACT])
    await audit.close()


async def test_each_wait_on_a_stopped_store_ends(server: FaultyRedis, store: RedisStore) -> None:
    log = RedisLog(server.url, Settings(redis_timeout=LIMIT))
    await log.heads(["petrel"])
    server.stop()
    waits = [
        store.blog("petrel"),
        store.blogs(after=None, limit=10),
        store.page("petrel", limit=10),
        store.ping(),
        log.heads(["petrel"]),
        log.heads(["petrel"]),  # waits for the one before
        log.read({"petrel": 0}, wait=LIMIT),
        log.begun(wait=LIMIT),
    ]
    began = time.monotonic()
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(*waits, return_exceptions=True)
    took = time.monotonic() - began
    server.go_on()
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes), outcomes
    assert took < 4 * LIMIT
    assert await log.heads(["petrel"])
    assert await store.blog("petrel")
    await log.close()


async def test_each_wait_ends_when_the_network_swallows_new_connections(server: FaultyRedis) -> None:
    network = FaultyNetwork(server.port)
    network.swallow()
    settings = Settings(redis_timeout=0.1, redis_connections=2)
    log, store = RedisLog(network.url, settings), RedisStore(network.url, settings)
    async with asyncio.timeout(20):
        for _ in range(2 * settings.redis_connections):  # an attempt that fails leaves no connection occupied
            waits = [*(log.heads(["petrel"]) for _ in range(8)), store.blog("petrel"), store.ping()]
            outcomes = await asyncio.gather(*waits, return_exceptions=True)
            assert all(isinstance(outcome, Unavailable) for outcome in outcomes), outcomes
    network.mend()
    assert await log.heads(["petrel"]) == {"petrel": None}
    assert await store.blog("petrel") is None
    await log.close()
    await store.close()
    network.close()
