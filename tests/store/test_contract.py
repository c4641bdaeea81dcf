"""The store's contract (store/base.py), on every kind of server it may stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis

from conftest import EDITOR
from stoppress.editing.posts import Posts
from stoppress.errors import Conflict, Invalid, NotFound, StaleRevision
from stoppress.model import BlogChanged, Post, PostChanged, PostRemoved
from stoppress.settings import Settings
from stoppress.store.base import Attempt, Change, Due, Place
from stoppress.store.reader_counts import RedisAudience
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from store.night_blog import T0, a_blog, a_post, publish, remove
from waiting import eventually

pytestmark = pytest.mark.anyio


async def test_sequence_counts_every_change_without_a_gap(any_store: RedisStore) -> None:
    made = await any_store.create_blog(a_blog(), by="t")
    assert made.cursor.sequence == 1
    cursors = [await publish(any_store, a_post(f"p{i}", minute=i)) for i in range(5)]
    assert [cursor.sequence for cursor in cursors] == [2, 3, 4, 5, 6]
    assert {cursor.epoch for cursor in cursors} == {made.cursor.epoch}


async def test_concurrent_changes_get_one_order(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    cursors = await asyncio.gather(*(publish(any_store, a_post(f"p{i}")) for i in range(40)))
    assert sorted(cursor.sequence for cursor in cursors) == list(range(2, 42))


async def test_a_stale_revision_changes_nothing(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    first = a_post()
    await publish(any_store, first)
    await publish(any_store, a_post(revision=2, title="Second"), first)
    with pytest.raises(StaleRevision, match="expected revision 1 of .*, but the current one is 2"):
        await publish(any_store, a_post(revision=2, title="Late"), first)
    entry = await any_store.published("night", "one")
    assert isinstance(entry, Post) and entry.title == "Second"
    state = await any_store.blog("night")
    assert state is not None and state.cursor.sequence == 3


async def test_an_unknown_blog_takes_no_posts(any_store: RedisStore) -> None:
    with pytest.raises(NotFound):
        await publish(any_store, a_post())
    assert await any_store.blog("night") is None
    assert await any_store.page("night", limit=5) is None
    assert await any_store.since("night", 0, limit=5) is None


async def test_a_blog_is_made_once(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    with pytest.raises(Conflict, match="'night'"):
        await any_store.create_blog(a_blog(title="Another"), by="t")


async def test_an_archived_blog_takes_no_changes(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    await any_store.change_blog(a_blog(revision=2, status="archived"), by="t", noticed=None)
    with pytest.raises(Conflict, match="archived"):
        await publish(any_store, a_post())


async def test_counts_and_updated_follow_the_posts(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    await publish(any_store, a_post("early", minute=1))
    await publish(any_store, a_post("late", minute=9))
    await publish(any_store, a_post("filed-late", minute=5))
    state = await any_store.blog("night")
    assert state is not None
    assert (state.blog.posts, state.blog.updated_at) == (3, T0 + timedelta(minutes=9))
    await remove(any_store, a_post("late", minute=9))
    state = await any_store.blog("night")
    assert state is not None and state.blog.posts == 2


async def test_pages_are_in_order_of_publication_and_stay_while_posts_arrive(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    # Several of the same minute: their ids decide, as they do in the browser.
    for i in range(23):
        await publish(any_store, a_post(f"p{i:02}", minute=i // 4))
    expected = [f"p{i:02}" for i in reversed(range(23))]
    seen: list[str] = []
    place: Place | None = None
    while True:
        page = await any_store.page("night", limit=5, after=place)
        assert page is not None
        seen += [post.id for post in page.posts]
        await publish(any_store, a_post(f"new{len(seen)}", minute=100 + len(seen)))
        if (place := page.next) is None:
            break
    assert seen == expected
    oldest = await any_store.page("night", order="oldest", limit=50)
    assert oldest is not None and [post.id for post in oldest.posts][:23] == expected[::-1]


async def test_indexes_follow_key_pinned_and_tags(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    tagged = a_post("a", tags=["sea", "wind"], key=True)
    await publish(any_store, tagged)
    await publish(any_store, a_post("b", tags=["sea"], pinned=True))

    async def members(index: str) -> list[str]:
        page = await any_store.page("night", index=index, limit=9)
        assert page is not None
        return [post.id for post in page.posts]

    assert await members("tag:sea") == ["b", "a"]
    assert (await members("key"), await members("pinned")) == (["a"], ["b"])
    await publish(any_store, a_post("a", revision=2, tags=["wind"]), tagged)
    assert (await members("tag:sea"), await members("tag:wind"), await members("key")) == (["b"], ["a"], [])


async def test_since_is_compacted_and_comes_in_parts(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    first = a_post("a")
    after_first = await publish(any_store, first)
    await publish(any_store, a_post("b"))
    second = a_post("a", revision=2, title="Again")
    await publish(any_store, second, first)
    await publish(any_store, a_post("a", revision=3, title="And again"), second)
    await remove(any_store, a_post("b"))
    await any_store.change_blog(a_blog(revision=2, title="The longer night"), by="t", noticed=None)
    since = await any_store.since("night", after_first.sequence, limit=2)
    assert since is not None and since.more
    rest = await any_store.since("night", since.records[-1].sequence, limit=2)
    assert rest is not None and not rest.more
    told = [*since.records, *rest.records]
    assert [record.sequence for record in told] == [5, 6, 7]
    assert isinstance(told[0].event, PostChanged) and told[0].event.post.title == "And again"
    assert isinstance(told[1].event, PostRemoved) and told[1].event.tombstone.revision == 2
    assert isinstance(told[2].event, BlogChanged) and told[2].event.blog.title == "The longer night"
    assert rest.head.sequence == 7


async def test_catch_up_works_after_the_stream_was_trimmed(server_url: str, any_store: RedisStore) -> None:
    short = RedisStore(server_url, Settings(history=100))
    await short.create_blog(a_blog(), by="t")
    for i in range(400):
        await publish(
            short, a_post(f"p{i % 40}", revision=i // 40 + 1), a_post(f"p{i % 40}", i // 40) if i > 39 else None
        )
    log = RedisLog(server_url, Settings())
    found = await log.read({"night": 0}, wait=1)
    assert found["night"][0].sequence > 1  # a gap that the reader of the log can see
    since = await short.since("night", 1, limit=500)
    assert since is not None and len(since.records) == 40
    await log.close()
    await short.close()


async def test_drafts_are_in_no_place_that_readers_look_at(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    draft = a_post("d", status="draft", published_at=None, updated_at=None, tags=["sea"], key=True, title="Secret")
    committed = await any_store.commit(Change(None, draft, None), by="t", at=T0)
    assert committed.cursor.sequence == 1
    assert await any_store.published("night", "d") is None
    for index in ("all", "key", "tag:sea"):
        page = await any_store.page("night", index=index, limit=9)
        assert page is not None and page.posts == () and page.blog.posts == 0
    since = await any_store.since("night", 0, limit=9)
    assert since is not None and len(since.records) == 1
    assert [post.id for post in await any_store.drafts("night")] == ["d"]
    out = a_post("d", revision=2, title="Out")
    await any_store.commit(Change(draft, out, PostChanged("published", out), T0), by="t", at=T0)
    assert await any_store.drafts("night") == []
    assert [line.revision for line in (await any_store.revisions("night", "d")).revisions] == [1, 2]


async def test_an_attempt_counts_once_even_from_many_at_once(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t")
    attempt = Attempt("key", "print", 60)

    async def attempted(i: int) -> tuple[str, int, bool]:
        post = a_post(f"try{i}")
        made = await any_store.commit(
            Change(None, post, PostChanged("published", post)), by="t", at=T0, attempt=attempt
        )
        return made.entry.id, made.cursor.sequence, made.replayed

    answers = await asyncio.gather(*(attempted(i) for i in range(60)))
    assert len({(name, sequence) for name, sequence, _ in answers}) == 1
    assert sum(replayed for *_, replayed in answers) == 59
    page = await any_store.page("night", limit=99)
    assert page is not None and len(page.posts) == 1


async def test_an_attempt_with_another_request_is_refused(any_store: RedisStore) -> None:
    await any_store.create_blog(a_blog(), by="t", attempt=Attempt("k", "one", 60))
    again = await any_store.create_blog(a_blog(), by="t", attempt=Attempt("k", "one", 60))
    assert again.replayed and again.cursor.sequence == 1
    with pytest.raises(Invalid, match="Idempotency-Key"):
        await any_store.create_blog(a_blog(), by="t", attempt=Attempt("k", "two", 60))


async def test_deleting_a_blog_takes_every_key_along_and_begins_a_new_epoch(
    any_store: RedisStore, keys_on_server: Callable[[str], list[str]]
) -> None:
    made = await any_store.create_blog(a_blog(), by="t", attempt=Attempt("k", "one", 60))
    await publish(any_store, a_post("a", tags=["sea"], key=True, pinned=True))
    draft = a_post("d", status="draft")
    await any_store.commit(Change(None, draft, None), by="t", at=T0, attempt=Attempt("k2", "x", 60))
    assert await any_store.delete_blog("night")
    assert keys_on_server("*night*") == []
    assert not await any_store.delete_blog("night")
    again = await any_store.create_blog(a_blog(), by="t")
    assert again.cursor.sequence == 1 and again.cursor.epoch != made.cursor.epoch


async def test_new_blogs_are_told_of_once_from_the_first_question_on(server_url: str, any_store: RedisStore) -> None:
    log = RedisLog(server_url, Settings())
    await any_store.create_blog(a_blog(id="before"), by="t")
    assert await log.begun(wait=0.01) == []
    waiting = asyncio.create_task(log.begun(wait=20))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await any_store.create_blog(a_blog(id="a"), by="t")
    await any_store.delete_blog("a")
    await any_store.create_blog(a_blog(id="a"), by="t")
    assert await log.begun(wait=20) == ["a", "a"]
    waiting = asyncio.create_task(log.begun(wait=20))
    await any_store.create_blog(a_blog(id="b"), by="t")
    assert await waiting == ["b"]
    assert await log.begun(wait=0.01) == []
    await log.close()


async def test_blogs_are_listed_by_id_in_parts(any_store: RedisStore) -> None:
    for name in ("c", "a", "b"):
        await any_store.create_blog(a_blog(id=name), by="t")
    first, following = await any_store.blogs(after=None, limit=2)
    rest, end = await any_store.blogs(after=following, limit=2)
    assert [state.blog.id for state in (*first, *rest)] == ["a", "b", "c"] and end is None


async def test_the_schedule_forgets_exactly_one_note(any_store: RedisStore) -> None:
    early, late = Due(T0, "night", "one", 1), Due(T0 + timedelta(hours=1), "night", "one", 2)
    await any_store.note_due(late)
    await any_store.note_due(early)
    assert list(await any_store.due(T0, limit=9)) == [early]
    await any_store.forget_due(early)
    assert list(await any_store.due(T0 + timedelta(hours=2), limit=9)) == [late]


async def test_the_log_gives_records_in_order_as_they_come(server_url: str, any_store: RedisStore) -> None:
    log = RedisLog(server_url, Settings())
    await any_store.create_blog(a_blog(), by="t")
    before = datetime.now(UTC) - timedelta(milliseconds=1)  # the stream counts whole ones
    reading = asyncio.create_task(log.read({"night": 1}, wait=20))
    await publish(any_store, a_post("a"))
    await publish(any_store, a_post("b"))
    records = list((await reading)["night"])
    while len(records) < 2:
        records += (await log.read({"night": records[-1].sequence}, wait=20))["night"]
    assert [record.sequence for record in records] == [2, 3]
    committed = [record.committed for record in records if record.committed]
    times = [before, *committed, datetime.now(UTC)]
    assert times == sorted(times)
    assert len(committed) == 2
    state = await any_store.blog("night")
    assert state is not None and {record.epoch for record in records} == {state.cursor.epoch}
    heads = await log.heads(["night", "nowhere"])
    assert heads["night"] is not None and heads["night"].sequence == 3 and heads["nowhere"] is None
    await log.close()


async def test_a_cancelled_read_of_the_log_loses_nothing(server_url: str, any_store: RedisStore) -> None:
    log = RedisLog(server_url, Settings())
    await any_store.create_blog(a_blog(), by="t")
    for i in range(10):
        reading = asyncio.create_task(log.read({"night": i + 1}, wait=20))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await publish(any_store, a_post(f"p{i}"))
        found = await log.read({"night": i + 1}, wait=20)
        assert [record.sequence for record in found["night"]] == [i + 2]
    await log.close()


async def test_readers_are_summed_over_processes_and_forgotten_when_one_is_silent(
    server_url: str, any_store: RedisStore
) -> None:
    one, two = RedisAudience(server_url, Settings(), "one"), RedisAudience(server_url, Settings(), "two")
    assert await one.report({"night": 3, "day": 1}, holds=60) == {"night": 0, "day": 0}
    assert await two.report({"night": 4}, holds=0.05) == {"night": 3}
    assert await two.others("day") == 1

    async def forgotten() -> bool:
        return await one.others("night") == 0

    await eventually(forgotten, "what is not said again is forgotten")
    assert await two.report({"night": 5}, holds=60) == {"night": 3}
    assert await one.report({"night": 0}, holds=60) == {"night": 5}
    assert await two.others("night") == 0
    await one.close()
    await two.close()


async def test_each_record_holds_what_the_blog_counted_at_that_moment(server_url: str, any_store: RedisStore) -> None:
    log = RedisLog(server_url, Settings())
    await any_store.create_blog(a_blog(), by="t", attempt=Attempt("k", "one", 60))
    await publish(any_store, a_post("a", minute=3))
    await publish(any_store, a_post("b", minute=9))
    await publish(any_store, a_post("c", minute=5))
    await remove(any_store, a_post("b", minute=9))
    records = (await log.read({"night": 0}, wait=1))["night"]
    assert [record.posts for record in records] == [0, 1, 2, 3, 2]
    minutes = [None if record.updated_at is None else (record.updated_at - T0).seconds // 60 for record in records]
    assert minutes == [None, 3, 9, 9, 9]
    since = await any_store.since("night", 0, limit=9)
    assert since is not None
    assert [record.posts for record in since.records] == [0, 1, 3, 2]
    await log.close()


async def test_attempts_are_forgotten_once_their_time_is_over(server_url: str, any_store: RedisStore) -> None:
    kept = "stoppress:{night}:attempts"
    await any_store.create_blog(a_blog(), by="t", attempt=Attempt("first", "one", 60))
    with redis.Redis.from_url(server_url, decode_responses=True) as client:
        now = client.time()[0]
        client.zadd(kept, {"over": now - 1, "just over": now, "to come": now + 1_000})
        edited = a_blog(revision=2, title="Two")
        await any_store.change_blog(edited, by="t", noticed=None)
        assert client.zcard(kept) == 4, "only a request with a key looks after the others"
        posts = Posts(any_store, lambda: T0)
        await posts.create("night", {"title": "P"}, EDITOR, Attempt("second", "two", 600))
        expiries = dict(client.zrange(kept, 0, -1, withscores=True))
        assert set(expiries) == {"to come", "stoppress:{night}:attempt:first", "stoppress:{night}:attempt:second"}
        assert now + 600 <= expiries["stoppress:{night}:attempt:second"] <= now + 610
        assert 590 <= client.ttl("stoppress:{night}:attempt:second") <= 600
