"""Making and changing blogs: who may, which status may follow which, and what readers notice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from conftest import EDITOR, Clock
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.editing.transitions import NEXT_OF_BLOG
from stoppress.errors import Conflict, Forbidden, Invalid, NotFound, StaleRevision, Unavailable
from stoppress.model import Blog, Cursor
from stoppress.settings import Settings
from stoppress.store.base import Attempt, Committed
from stoppress.store.redis_store import RedisStore
from stoppress.token_scopes import Caller

pytestmark = pytest.mark.anyio

PUBLISHER = Caller("publisher", frozenset(["publish"]))
ELSEWHERE = Caller("elsewhere", frozenset(["admin"]), frozenset(["other"]))


@pytest.fixture
def blogs(store: RedisStore, clock: Clock) -> Blogs:
    return Blogs(store, clock)


def blog_of(committed: Committed) -> Blog:
    assert isinstance(committed.entry, Blog)
    return committed.entry


async def night(blogs: Blogs, **fields: Any) -> Committed:
    return await blogs.create({"id": "night", "title": "Night"} | fields, EDITOR)


def test_which_status_may_follow_which() -> None:
    """A blog may go on after it ended; what is archived is opened again by ending it first."""
    assert NEXT_OF_BLOG == {
        "scheduled": {"live", "paused", "ended", "archived"},
        "live": {"scheduled", "paused", "ended", "archived"},
        "paused": {"scheduled", "live", "ended", "archived"},
        "ended": {"live", "paused", "archived"},
        "archived": {"ended"},
    }


# Making one


async def test_a_new_blog_is_in_its_first_revision_and_has_no_posts(blogs: Blogs, clock: Clock) -> None:
    made = await night(blogs)
    blog = blog_of(made)
    assert (blog.id, blog.revision, blog.posts, blog.created_at, blog.updated_at) == ("night", 1, 0, clock(), None)
    assert (made.cursor.sequence, made.replayed) == (1, False)
    assert (await blogs.read("night")).cursor == made.cursor


async def test_a_blog_without_an_id_gets_one_and_a_retry_gets_the_same(blogs: Blogs) -> None:
    content = {"title": "Night"}
    first, other = await blogs.create(content, EDITOR), await blogs.create(content, EDITOR)
    assert len(blog_of(first).id) == 26 and blog_of(first).id != blog_of(other).id
    attempt = Attempt("key", "print", 60)
    tried = [await blogs.create(content, EDITOR, attempt) for _ in range(2)]
    assert [one.replayed for one in tried] == [False, True]
    assert tried[0].entry == tried[1].entry
    named = [await blogs.create({"id": "n", **content}, EDITOR, Attempt("k2", "p", 60)) for _ in range(2)]
    assert [blog_of(one).id for one in named] == ["n", "n"]


@pytest.mark.parametrize(("hours", "stands"), [(-1, -1), (0, 0), (1, 0)])
async def test_no_blog_was_updated_later_than_now(blogs: Blogs, clock: Clock, hours: int, stands: int) -> None:
    await night(blogs, updated_at=(clock() + timedelta(hours=hours)).isoformat())
    assert (await blogs.read("night")).blog.updated_at == clock() + timedelta(hours=stands)


async def test_only_an_admin_makes_a_blog_and_only_one_that_its_token_is_for(blogs: Blogs) -> None:
    with pytest.raises(Forbidden):
        await blogs.create({"id": "night", "title": "Night"}, PUBLISHER)
    with pytest.raises(Forbidden, match="night"):
        await blogs.create({"id": "night", "title": "Night"}, ELSEWHERE)
    assert blog_of(await blogs.create({"id": "other", "title": "Other"}, ELSEWHERE)).id == "other"
    with pytest.raises(NotFound, match="night"):
        await blogs.read("night")


# Changing one


async def test_an_edit_makes_the_next_revision_and_readers_hear_of_it(blogs: Blogs, store: RedisStore) -> None:
    made = await night(blogs)
    edited = await blogs.edit("night", {"timezone": "Europe/Berlin"}, PUBLISHER)
    assert (blog_of(edited).revision, blog_of(edited).timezone) == (2, "Europe/Berlin")
    assert edited.cursor == Cursor(made.cursor.epoch, 2)
    since = await store.since("night", 1, limit=9)
    assert since is not None and len(since.records) == 1


@pytest.mark.parametrize(
    ("patch", "noticed"),
    [
        ({"title": "The long night"}, True),
        ({"description": "Until dawn."}, True),
        ({"byline": "By our staff"}, True),
        ({"authors": [{"name": "Ada"}]}, True),
        ({"timezone": "Europe/Berlin"}, False),
        ({"status": "paused"}, False),
        ({"title": "Night"}, False),
    ],
)
async def test_readers_see_a_blog_as_updated_when_what_they_see_of_it_changed(
    blogs: Blogs, clock: Clock, patch: dict[str, Any], noticed: bool
) -> None:
    await night(blogs)
    clock.turn(minutes=5)
    await blogs.edit("night", patch, EDITOR)
    assert (await blogs.read("night")).blog.updated_at == (clock() if noticed else None)


@pytest.mark.parametrize(("hours", "stands"), [(-1, -1), (1, 0)])
async def test_an_edit_may_name_the_time_of_its_update_but_none_to_come(
    blogs: Blogs, clock: Clock, hours: int, stands: int
) -> None:
    await night(blogs)
    at = clock() + timedelta(hours=hours)
    edited = await blogs.edit("night", {"title": "Two", "updated_at": at.isoformat()}, EDITOR)
    assert blog_of(edited).updated_at == clock() + timedelta(hours=stands)


async def test_an_edit_that_changes_nothing_makes_no_revision_unless_it_names_a_time(
    blogs: Blogs, clock: Clock
) -> None:
    made = await night(blogs)
    same = await blogs.edit("night", {"title": "Night", "status": "live"}, EDITOR)
    assert (same.cursor, same.entry) == (made.cursor, made.entry)
    named = await blogs.edit("night", {"updated_at": clock().isoformat()}, EDITOR)
    assert (blog_of(named).revision, named.cursor.sequence) == (2, 2)


async def test_an_edit_answers_with_the_counts_of_the_blog(blogs: Blogs, store: RedisStore, clock: Clock) -> None:
    await night(blogs)
    await Posts(store, clock).create("night", {"title": "P"}, EDITOR)
    blog = blog_of(await blogs.edit("night", {"title": "Two"}, EDITOR))
    assert (blog.title, blog.posts, blog.updated_at) == ("Two", 1, clock())


async def test_an_edit_for_another_revision_is_told_what_stands(blogs: Blogs) -> None:
    await night(blogs)
    await blogs.edit("night", {"title": "Two"}, EDITOR, revision=1)
    with pytest.raises(StaleRevision, match="expected revision 1, but the current one is 2") as refused:
        await blogs.edit("night", {"title": "Three"}, EDITOR, revision=1)
    assert refused.value.current is not None and refused.value.current["title"] == "Two"


async def test_of_many_edits_at_once_none_is_lost(blogs: Blogs) -> None:
    await night(blogs)
    fields = [{"title": "Two"}, {"byline": "By Ada"}, {"description": "Long."}, {"timezone": "Europe/Rome"}]
    await asyncio.gather(*(blogs.edit("night", patch, EDITOR) for patch in fields))
    blog = (await blogs.read("night")).blog
    assert (blog.title, blog.byline, blog.description, blog.timezone) == ("Two", "By Ada", "Long.", "Europe/Rome")
    assert blog.revision == 5


@pytest.mark.usefixtures("retries_at_once")
async def test_an_edit_that_always_comes_second_gives_up(valkey_url: str, store: RedisStore, clock: Clock) -> None:
    class AlwaysSecond(RedisStore):
        tries = 0

        async def change_blog(self, *args: Any, **more: Any) -> Committed:
            self.tries += 1
            raise StaleRevision("somebody was first")

    await night(Blogs(store, clock))
    busy = AlwaysSecond(valkey_url, Settings())
    with pytest.raises(Unavailable, match="night"):
        await Blogs(busy, clock).edit("night", {"title": "Two"}, EDITOR)
    assert busy.tries >= 10
    await busy.close()


@pytest.mark.parametrize("patch", [None, [], "title", 7])
async def test_a_patch_is_an_object(blogs: Blogs, patch: Any) -> None:
    await night(blogs)
    with pytest.raises(Invalid, match="JSON object"):
        await blogs.edit("night", patch, EDITOR)


async def test_a_patch_names_what_is_wrong(blogs: Blogs) -> None:
    await night(blogs)
    for patch, pointer in (({"status": None}, "/status"), ({"title": None}, "/title"), ({"titel": None}, "/titel")):
        with pytest.raises(Invalid) as refused:
            await blogs.edit("night", patch, EDITOR)
        assert [error.pointer for error in refused.value.errors] == [pointer]


async def test_who_may_change_a_blog(blogs: Blogs) -> None:
    await night(blogs)
    for caller in (Caller("writer", frozenset(["write"])), ELSEWHERE):
        with pytest.raises(Forbidden):
            await blogs.edit("night", {"title": "Two"}, caller)
        with pytest.raises(Forbidden):
            await blogs.delete("night", caller)
    with pytest.raises(Forbidden):
        await blogs.delete("night", PUBLISHER)
    with pytest.raises(NotFound, match="nowhere"):
        await blogs.edit("nowhere", {"title": "Two"}, EDITOR)


async def test_an_archived_blog_changes_only_by_being_opened(blogs: Blogs) -> None:
    await night(blogs, status="archived")
    for patch in ({"title": "Two"}, {"status": "archived"}, {}, {"status": "live"}, {"status": "paused"}):
        with pytest.raises(Conflict, match="archived"):
            await blogs.edit("night", patch, EDITOR)
    opened = await blogs.edit("night", {"status": "ended", "title": "Two"}, EDITOR)
    assert (blog_of(opened).status, blog_of(opened).title) == ("ended", "Two")


async def test_opening_an_archived_blog_notes_again_what_is_scheduled(
    blogs: Blogs, store: RedisStore, clock: Clock
) -> None:
    await night(blogs)
    posts = Posts(store, clock)
    at = clock() + timedelta(hours=1)
    scheduled = {"id": "s", "title": "S", "status": "scheduled", "publish_at": at.isoformat()}
    await posts.create("night", scheduled, EDITOR)
    await posts.create("night", {"id": "d", "title": "D", "status": "draft"}, EDITOR)
    await blogs.edit("night", {"status": "archived"}, EDITOR)
    for note in await store.due(at, limit=9):
        await store.forget_due(note)
    await blogs.edit("night", {"status": "ended"}, EDITOR)
    assert [(note.post, note.at, note.revision) for note in await store.due(at, limit=9)] == [("s", at, 1)]


# Deleting one


async def test_a_deleted_blog_is_gone(blogs: Blogs) -> None:
    await night(blogs)
    with pytest.raises(StaleRevision) as refused:
        await blogs.delete("night", EDITOR, revision=7)
    assert refused.value.current is not None and refused.value.current["revision"] == 1
    await blogs.delete("night", EDITOR, revision=1)
    with pytest.raises(NotFound, match="night"):
        await blogs.read("night")
    with pytest.raises(NotFound, match="night"):
        await blogs.delete("night", EDITOR)
