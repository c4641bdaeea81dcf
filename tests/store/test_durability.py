"""What is promised of a write, and what is said when it can't be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis as blocking_redis
from pydantic import ValidationError

from stoppress.errors import Unavailable
from stoppress.model import Blog
from stoppress.settings import Settings
from stoppress.store.embedded.server import EmbeddedValkey
from stoppress.store.open_stores import open_stores
from stoppress.store.redis_store import RedisStore

pytestmark = pytest.mark.anyio

BLOG = Blog(id="night", revision=1, created_at=datetime(2031, 5, 4, tzinfo=UTC), title="Night")


def has_waitaof(url: str) -> bool:
    """Whether the server has the command WAITAOF: Valkey does, and Redis from 7.2 on."""
    with blocking_redis.Redis.from_url(url) as client:
        return bool(client.command_list(pattern="waitaof"))


@pytest.fixture
def own_valkey(short_folder: Path, store_binary: str | None) -> Iterator[EmbeddedValkey]:
    """A server that the test may ill-treat."""
    valkey = EmbeddedValkey(short_folder, store_binary)
    valkey.start()
    yield valkey
    valkey.stop()


async def test_a_write_waits_for_the_disk_when_told_to(own_valkey: EmbeddedValkey) -> None:
    if not has_waitaof(own_valkey.url):
        pytest.skip("this server has no WAITAOF; test_a_server_without_waitaof_is_refused_by_name is about it")
    store = RedisStore(own_valkey.url, Settings(durability="fsync"))
    assert (await store.create_blog(BLOG, by="t")).cursor.sequence == 1
    again = BLOG.model_copy(update={"revision": 2, "title": "Another"})
    assert (await store.change_blog(again, by="t", noticed=None)).cursor.sequence == 2
    await store.close()


async def test_a_server_without_waitaof_is_refused_by_name(redis_url: str) -> None:
    if has_waitaof(redis_url):
        pytest.skip("this redis-server has WAITAOF")
    settings = Settings(redis_url=redis_url, durability="fsync")
    with pytest.raises(Unavailable, match=r"DURABILITY=fsync needs WAITAOF.*unknown command.*DURABILITY=server"):
        async with open_stores(settings):
            pass
    # One that was replaced by such a server while Stop Press ran: no write is promised, and none is an internal error.
    store = RedisStore(redis_url, settings)
    with pytest.raises(Unavailable, match="can't say whether the write is on disk"):
        await store.create_blog(BLOG.model_copy(update={"id": "unpromised"}), by="t")
    await store.close()


async def test_a_server_without_an_append_only_file_is_refused_by_name(own_valkey: EmbeddedValkey) -> None:
    if not has_waitaof(own_valkey.url):
        pytest.skip("this server has no WAITAOF")
    with blocking_redis.Redis.from_url(own_valkey.url) as client:
        client.config_set("appendonly", "no")
    with pytest.raises(Unavailable, match="appendonly is disabled"):
        async with open_stores(Settings(redis_url=own_valkey.url, durability="fsync")):
            pass


async def test_a_server_that_is_not_there_yet_keeps_nobody_from_starting(
    short_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"unix://{short_folder}/nobody.sock"
    async with open_stores(Settings(redis_url=url, durability="fsync", redis_timeout=0.2)):
        assert "Can't check the durability of the store yet" in caplog.text


async def test_the_embedded_store_fsyncs_by_itself(short_folder: Path, store_binary: str | None) -> None:
    settings = Settings(data=short_folder, store_binary=store_binary, durability="fsync")
    async with open_stores(settings, own=True) as stores:  # with a server that has WAITAOF, and with one that has not
        assert (await stores.store.create_blog(BLOG, by="t")).cursor.sequence == 1


def test_the_embedded_store_has_no_replica() -> None:
    with pytest.raises(ValidationError, match="needs redis_url, because the embedded store has no replica"):
        Settings(durability="replica")


async def test_a_write_that_no_replica_confirmed_is_not_promised(own_valkey: EmbeddedValkey) -> None:
    store = RedisStore(
        own_valkey.url, Settings(redis_url=own_valkey.url, durability="replica", durability_timeout=0.05)
    )
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
