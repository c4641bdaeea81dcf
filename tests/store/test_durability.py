"""What is promised of a write, and what is said when it can't be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis as blocking_redis

from stoppress.errors import Unavailable
from stoppress.model import Blog
from stoppress.settings import Settings
from stoppress.store.embedded.server import EmbeddedValkey
from stoppress.store.redis_store import RedisStore

pytestmark = pytest.mark.anyio

BLOG = Blog(id="night", revision=1, created_at=datetime(2031, 5, 4, tzinfo=UTC), title="Night")


@pytest.fixture
def own_valkey(short_folder: Path) -> Iterator[EmbeddedValkey]:
    """A server that the test may ill-treat."""
    valkey = EmbeddedValkey(short_folder)
    valkey.start()
    yield valkey
    valkey.stop()


async def test_a_write_waits_for_the_disk_when_told_to(own_valkey: EmbeddedValkey) -> None:
    store = RedisStore(own_valkey.url, Settings(durability="fsync"))
    assert (await store.create_blog(BLOG, by="t")).cursor.sequence == 1
    again = BLOG.model_copy(update={"revision": 2, "title": "Another"})
    assert (await store.change_blog(again, by="t", noticed=None)).cursor.sequence == 2
    await store.close()


async def test_a_write_that_no_replica_confirmed_is_not_promised(own_valkey: EmbeddedValkey) -> None:
    store = RedisStore(own_valkey.url, Settings(durability="replica", durability_timeout=0.05))
    with pytest.raises(Unavailable, match="on disk"):
        await store.create_blog(BLOG, by="t")
    await store.close()


async def test_a_server_that_takes_no_writes_is_unavailable_and_reads_go_on(own_valkey: EmbeddedValkey) -> None:
    store = RedisStore(own_valkey.url, Settings())
    await store.create_blog(BLOG, by="t")
    with blocking_redis.Redis.from_url(own_valkey.url) as client:
        client.config_set("min-replicas-to-write", 1)
        with pytest.raises(Unavailable, match="NOREPLICAS"):
            await store.change_blog(BLOG.model_copy(update={"revision": 2}), by="t", noticed=None)
        with pytest.raises(Unavailable):
            await store.ping()
        state = await store.blog("night")
        assert state is not None and state.blog.revision == 1
        client.config_set("min-replicas-to-write", 0)
    await store.change_blog(BLOG.model_copy(update={"revision": 2}), by="t", noticed=None)
    await store.close()


async def test_a_server_without_room_is_unavailable(own_valkey: EmbeddedValkey) -> None:
    store = RedisStore(own_valkey.url, Settings())
    await store.create_blog(BLOG, by="t")
    with blocking_redis.Redis.from_url(own_valkey.url) as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(Unavailable, match="maxmemory"):
            await store.change_blog(BLOG.model_copy(update={"revision": 2}), by="t", noticed=None)
    await store.close()


async def test_a_server_that_is_not_there_is_unavailable(short_folder: Path) -> None:
    store = RedisStore(f"unix://{short_folder}/nobody.sock", Settings(redis_timeout=0.2))
    with pytest.raises(Unavailable, match="did not answer while reading"):
        await store.blog("night")
    with pytest.raises(Unavailable, match="while writing"):
        await store.change_blog(BLOG, by="t", noticed=None)
    await store.close()
