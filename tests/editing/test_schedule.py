"""Scheduled posts: on time, once each, in order, also after a night asleep."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stoppress.auth import SCOPES, Caller
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.editing.schedule import publish_due
from stoppress.errors import Invalid
from stoppress.model import PostChanged, rfc3339
from stoppress.store.redis_store import RedisStore

pytestmark = pytest.mark.anyio

EDITOR = Caller("editor", frozenset(SCOPES))


@pytest.fixture
async def posts(store: RedisStore, clock: Any) -> Posts:
    await Blogs(store, clock).create({"id": "night", "title": "Night"}, EDITOR)
    return Posts(store, clock)


async def schedule(posts: Posts, clock: Any, name: str, minutes: int) -> None:
    at = rfc3339(clock() + timedelta(minutes=minutes))
    await posts.create("night", {"id": name, "title": name, "status": "scheduled", "publish_at": at}, EDITOR)


async def out(store: RedisStore) -> list[str]:
    since = await store.since("night", 1, limit=99)
    assert since
    return [record.event.post.id for record in since.records if isinstance(record.event, PostChanged)]


async def test_a_scheduled_post_comes_out_when_it_is_due(store: RedisStore, posts: Posts, clock: Any) -> None:
    await schedule(posts, clock, "soon", 5)
    assert await publish_due(store, posts, clock) == 0
    assert await store.published("night", "soon") is None
    clock.turn(minutes=5)
    assert await publish_due(store, posts, clock) == 1
    post = await posts.read("night", "soon", EDITOR)
    assert (post.status, post.published_at, post.updated_at) == ("published", clock(), clock())


async def test_after_a_night_asleep_all_come_out_once_and_in_order_from_many_processes(
    store: RedisStore, posts: Posts, clock: Any
) -> None:
    for name, minutes in (("third", 30), ("first", 10), ("second", 20)):
        await schedule(posts, clock, name, minutes)
    clock.turn(hours=8)
    counts = await asyncio.gather(*(publish_due(store, posts, clock) for _ in range(5)))
    assert sum(counts) == 3
    assert await out(store) == ["first", "second", "third"]


async def test_what_was_called_off_or_put_off_does_not_come_out(store: RedisStore, posts: Posts, clock: Any) -> None:
    for name in ("off", "gone", "later"):
        await schedule(posts, clock, name, 5)
    await posts.edit("night", "off", {"status": "draft"}, EDITOR)
    await posts.delete("night", "gone", EDITOR)
    await posts.edit("night", "later", {"publish_at": rfc3339(clock() + timedelta(minutes=60))}, EDITOR)
    clock.turn(minutes=6)
    assert await publish_due(store, posts, clock) == 0
    clock.turn(minutes=60)
    await publish_due(store, posts, clock)
    assert await out(store) == ["later"]


async def test_a_time_that_has_passed_is_refused(posts: Posts, clock: Any) -> None:
    with pytest.raises(Invalid, match="2031-05-04T11:59:00"):
        await schedule(posts, clock, "late", -1)


async def test_what_fell_due_in_the_archive_comes_out_when_the_blog_is_opened(
    store: RedisStore, posts: Posts, clock: Any
) -> None:
    blogs = Blogs(store, clock)
    await schedule(posts, clock, "asleep", 5)
    await blogs.edit("night", {"status": "archived"}, EDITOR)
    clock.turn(minutes=6)
    assert await publish_due(store, posts, clock) == 0
    await blogs.edit("night", {"status": "ended"}, EDITOR)
    assert await publish_due(store, posts, clock) == 1
    assert await out(store) == ["asleep"]
