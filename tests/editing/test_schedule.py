"""Scheduled posts: on time, once each, in order, also after a night asleep."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from conftest import EDITOR, Clock
from stoppress.editing.blogs import Blogs
from stoppress.editing.inputs import PostPatch
from stoppress.editing.posts import Posts
from stoppress.editing.schedule import check_publish_at, only_scheduled, publish_due, publish_post
from stoppress.errors import Invalid
from stoppress.model import PostChanged, rfc3339
from stoppress.store.base import Due
from stoppress.store.redis_store import RedisStore
from stoppress.token_scopes import ANONYMOUS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def posts(store: RedisStore, clock: Clock) -> Posts:
    await Blogs(store, clock).create({"id": "night", "title": "Night"}, EDITOR)
    return Posts(store, clock)


async def schedule(posts: Posts, clock: Clock, name: str, minutes: int) -> None:
    at = rfc3339(clock() + timedelta(minutes=minutes))
    await posts.create("night", {"id": name, "title": name, "status": "scheduled", "publish_at": at}, EDITOR)


async def out(store: RedisStore) -> list[str]:
    since = await store.since("night", 1, limit=99)
    assert since
    return [record.event.post.id for record in since.records if isinstance(record.event, PostChanged)]


async def updated(store: RedisStore) -> Any:
    state = await store.blog("night")
    assert state is not None
    return state.blog.updated_at


# The rules


@pytest.mark.parametrize("minutes", [0, -1, None])
def test_a_scheduled_post_needs_a_time_in_the_future(clock: Clock, minutes: int | None) -> None:
    at = None if minutes is None else clock() + timedelta(minutes=minutes)
    wanted = PostPatch.model_validate({"status": "scheduled", "publish_at": at})
    with pytest.raises(Invalid, match="publish_at: expected a time in the future") as refused:
        check_publish_at(wanted, clock())
    assert str(at and at.isoformat()) in refused.value.detail
    check_publish_at(wanted.model_copy(update={"publish_at": clock() + timedelta(seconds=1)}), clock())
    check_publish_at(wanted.model_copy(update={"status": "draft"}), clock())


@pytest.mark.parametrize("status", ["draft", "published"])
def test_only_a_scheduled_post_has_a_publish_at(status: str) -> None:
    with pytest.raises(Invalid, match=status):
        only_scheduled(PostPatch.model_validate({"status": status}))
    only_scheduled(PostPatch.model_validate({"status": "scheduled"}))


# Publication


async def test_a_scheduled_post_comes_out_when_it_is_due(store: RedisStore, posts: Posts, clock: Clock) -> None:
    await schedule(posts, clock, "soon", 5)
    assert await publish_due(store, clock) == 0
    assert await store.published("night", "soon") is None
    clock.turn(minutes=5)
    assert await publish_due(store, clock) == 1
    post = await posts.read("night", "soon", EDITOR)
    assert (post.status, post.published_at, post.updated_at) == ("published", clock(), clock())


async def test_after_a_night_asleep_all_come_out_once_and_in_order_from_many_processes(
    store: RedisStore, posts: Posts, clock: Clock
) -> None:
    for name, minutes in (("third", 30), ("first", 10), ("second", 20)):
        await schedule(posts, clock, name, minutes)
    clock.turn(hours=8)
    counts = await asyncio.gather(*(publish_due(store, clock) for _ in range(5)))
    assert sum(counts) == 3
    assert await out(store) == ["first", "second", "third"]


async def test_what_was_called_off_or_put_off_does_not_come_out(store: RedisStore, posts: Posts, clock: Clock) -> None:
    for name in ("off", "gone", "later"):
        await schedule(posts, clock, name, 5)
    await posts.edit("night", "off", {"status": "draft"}, EDITOR)
    await posts.delete("night", "gone", EDITOR)
    await posts.edit("night", "later", {"publish_at": rfc3339(clock() + timedelta(minutes=60))}, EDITOR)
    clock.turn(minutes=6)
    assert await publish_due(store, clock) == 0
    clock.turn(minutes=60)
    await publish_due(store, clock)
    assert await out(store) == ["later"]


async def test_a_time_that_has_passed_is_refused(posts: Posts, clock: Clock) -> None:
    with pytest.raises(Invalid, match="2031-05-04T11:59:00"):
        await schedule(posts, clock, "late", -1)


async def test_what_fell_due_in_the_archive_comes_out_when_the_blog_is_opened(
    store: RedisStore, posts: Posts, clock: Clock
) -> None:
    blogs = Blogs(store, clock)
    await schedule(posts, clock, "asleep", 5)
    await blogs.edit("night", {"status": "archived"}, EDITOR)
    clock.turn(minutes=6)
    assert await publish_due(store, clock) == 0
    await blogs.edit("night", {"status": "ended"}, EDITOR)
    assert await publish_due(store, clock) == 1
    assert await out(store) == ["asleep"]


# One post


async def scheduled(posts: Posts, clock: Clock, **fields: Any) -> Due:
    at = clock() + timedelta(minutes=10)
    content = {"id": "s", "title": "S", "status": "scheduled", "publish_at": at.isoformat()}
    await posts.create("night", content | fields, EDITOR)
    return Due(at, "night", "s", 1)


async def test_a_scheduled_post_comes_out_at_its_time_and_not_before(
    posts: Posts, store: RedisStore, clock: Clock
) -> None:
    due = await scheduled(posts, clock)
    clock.turn(minutes=9, seconds=59)
    assert not await publish_post(store, clock, due)
    clock.turn(seconds=1)
    assert await publish_post(store, clock, due)
    post = await posts.read("night", "s", ANONYMOUS)
    assert (post.status, post.revision, post.publish_at) == ("published", 2, None)
    assert (post.published_at, post.updated_at) == (due.at, due.at)
    assert await out(store) == ["s"]
    assert await updated(store) == due.at
    assert not await publish_post(store, clock, due), "it is out already"


@pytest.mark.parametrize(("minutes", "updated_after"), [(-60, 10), (30, 30)])
async def test_a_scheduled_post_keeps_the_place_that_its_editor_gave_it(
    posts: Posts, store: RedisStore, clock: Clock, minutes: int, updated_after: int
) -> None:
    began = clock()
    due = await scheduled(posts, clock, published_at=(began + timedelta(minutes=minutes)).isoformat())
    clock.turn(hours=1)
    assert await publish_post(store, clock, due)
    post = await posts.read("night", "s", ANONYMOUS)
    assert post.published_at == began + timedelta(minutes=minutes)
    assert post.updated_at == began + timedelta(minutes=updated_after)


async def test_of_several_processes_one_brings_it_out(posts: Posts, store: RedisStore, clock: Clock) -> None:
    due = await scheduled(posts, clock)
    clock.turn(hours=1)
    assert sum(await asyncio.gather(*(publish_post(store, clock, due) for _ in range(5)))) == 1
    assert (await posts.read("night", "s", ANONYMOUS)).revision == 2


async def test_what_is_not_scheduled_any_more_does_not_come_out(posts: Posts, store: RedisStore, clock: Clock) -> None:
    due = await scheduled(posts, clock)
    clock.turn(hours=1)
    assert not await publish_post(store, clock, Due(due.at, "night", "other", 1))
    await posts.edit("night", "s", {"status": "draft"}, EDITOR)
    assert not await publish_post(store, clock, due)
    await posts.delete("night", "s", EDITOR)
    assert not await publish_post(store, clock, due)
