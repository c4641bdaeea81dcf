"""What editors do to posts, on a real store: who may, what is refused, and that nothing is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from conftest import EDITOR, Clock
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.errors import Conflict, Forbidden, Gone, Invalid, NotFound, StaleRevision, Unauthenticated, Unavailable
from stoppress.model import Post, PostChanged, Tombstone
from stoppress.settings import Settings
from stoppress.store.base import Attempt, Committed, RevisionPage
from stoppress.store.redis_store import RedisStore
from stoppress.token_scopes import ANONYMOUS, Caller

pytestmark = pytest.mark.anyio

WRITER = Caller("writer", frozenset(["write"]))
PUBLISHER = Caller("publisher", frozenset(["publish"]))
READER = Caller("reader", frozenset(["read"]))
ELSEWHERE = Caller("elsewhere", frozenset(["admin"]), frozenset(["other"]))
BODY = {"body": "<p>Rain.</p>"}


@pytest.fixture
async def posts(store: RedisStore, clock: Clock) -> Posts:
    await Blogs(store, clock).create({"id": "night", "title": "Night"}, EDITOR)
    return Posts(store, clock)


def post_of(committed: Committed) -> Post:
    assert isinstance(committed.entry, Post)
    return committed.entry


async def told(store: RedisStore, after: int = 1) -> list[str]:
    """What readers were told since: the kind of each change, compacted."""
    since = await store.since("night", after, limit=99)
    assert since is not None
    return [record.event.change if isinstance(record.event, PostChanged) else "removed" for record in since.records]


async def updated(store: RedisStore) -> Any:
    state = await store.blog("night")
    assert state is not None
    return state.blog.updated_at


# Making them


async def test_a_new_post_has_the_id_it_was_given_or_one_of_its_time(posts: Posts, clock: Clock) -> None:
    assert post_of(await posts.create("night", {"id": "p", **BODY}, EDITOR)).id == "p"
    first = post_of(await posts.create("night", BODY, EDITOR)).id
    clock.turn(seconds=1)
    second = post_of(await posts.create("night", BODY, EDITOR)).id
    assert len(first) == len(second) == 26 and first < second


async def test_an_id_is_given_once(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    with pytest.raises(Conflict, match="'p'.*'night'"):
        await posts.create("night", {"id": "p", **BODY}, EDITOR)


@pytest.mark.parametrize("status", ["draft", "scheduled", "published"])
async def test_who_may_make_a_post(posts: Posts, clock: Clock, status: str) -> None:
    content: dict[str, Any] = {"title": "P", "status": status}
    if status == "scheduled":
        content["publish_at"] = (clock() + timedelta(hours=1)).isoformat()
    for caller in (READER, ELSEWHERE, *([WRITER] if status != "draft" else [])):
        with pytest.raises(Forbidden):
            await posts.create("night", content, caller)
        with pytest.raises(Forbidden):
            await posts.create_all("night", {"posts": [{**BODY, "status": "draft"}, content]}, caller)
    with pytest.raises(Unauthenticated):
        await posts.create("night", content, ANONYMOUS)
    made = post_of(await posts.create("night", content, WRITER if status == "draft" else PUBLISHER))
    assert made.status == status


@pytest.mark.parametrize("status", ["draft", "scheduled", "published"])
async def test_in_a_blog_that_is_not_there_nothing_is_made_or_noted(
    posts: Posts, store: RedisStore, clock: Clock, status: str
) -> None:
    at = clock() + timedelta(hours=1)
    content: dict[str, Any] = {"title": "P", "status": status}
    if status == "scheduled":
        content["publish_at"] = at.isoformat()
    with pytest.raises(NotFound, match="nowhere"):
        await posts.create("nowhere", content, EDITOR)
    with pytest.raises(NotFound, match="nowhere"):
        await posts.create_all("nowhere", {"posts": [content]}, EDITOR)
    assert list(await store.due(at, limit=9)) == []


async def test_a_scheduled_post_is_noted_for_its_time(posts: Posts, store: RedisStore, clock: Clock) -> None:
    at = clock() + timedelta(hours=1)
    scheduled = {"title": "S", "status": "scheduled", "publish_at": at.isoformat()}
    await posts.create("night", {"id": "one", **scheduled}, EDITOR)
    await posts.create_all("night", {"posts": [{"id": "two", **scheduled}, {"id": "d", "status": "draft"}]}, EDITOR)
    assert {(due.post, due.at) for due in await store.due(at, limit=9)} == {("one", at), ("two", at)}


async def test_several_posts_stand_in_the_order_given(posts: Posts, store: RedisStore) -> None:
    made = await posts.create_all("night", {"posts": [{"title": str(number)} for number in range(12)]}, EDITOR)
    assert [post_of(one).title for one in made] == [str(number) for number in range(12)]
    page = await store.page("night", order="oldest", limit=20)
    assert page is not None
    assert [post.title for post in page.posts] == [str(number) for number in range(12)]
    assert await told(store) == ["published"] * 12


async def test_of_several_posts_every_wrong_one_is_named_and_none_is_made(posts: Posts, store: RedisStore) -> None:
    wrong = [
        {"id": "a", **BODY},
        {"id": "b", "title": ""},
        {"id": "a", **BODY},
        {"id": "c", **BODY},
        {"id": "c", "status": "scheduled", **BODY},
    ]
    with pytest.raises(Invalid) as refused:
        await posts.create_all("night", {"posts": wrong}, EDITOR)
    pointers = [error.pointer for error in refused.value.errors]
    assert pointers == ["/posts/1/body", "/posts/2/id", "/posts/4/id", "/posts/4/publish_at"]
    assert "/posts/0" in refused.value.errors[1].detail and "/posts/3" in refused.value.errors[2].detail
    assert refused.value.detail.startswith("posts/1/body: ")
    assert await told(store) == []


async def test_of_several_posts_those_that_are_there_already_are_named(posts: Posts, store: RedisStore) -> None:
    for name in "ac":
        await posts.create("night", {"id": name, **BODY}, EDITOR)
    several = {"posts": [{"id": name, **BODY} for name in "abcd"]}
    with pytest.raises(Conflict, match="2 of the 4") as refused:
        await posts.create_all("night", several, EDITOR)
    assert [error.pointer for error in refused.value.errors] == ["/posts/0/id", "/posts/2/id"]
    assert await store.entry("night", "b") is None


@pytest.mark.parametrize("together", [False, True], ids=["one", "several"])
async def test_a_retry_gets_the_first_answer_although_it_would_be_refused_by_now(
    posts: Posts, clock: Clock, together: bool
) -> None:
    one: dict[str, Any] = {"id": "s", "title": "S", "status": "scheduled", "publish_at": "2031-05-04T13:00:00Z"}

    async def make(attempt: Attempt | None) -> Committed:
        if together:
            (made,) = await posts.create_all("night", {"posts": [one]}, EDITOR, attempt)
            return made
        return await posts.create("night", one, EDITOR, attempt)

    first = await make(Attempt("key", "print", 600))
    clock.turn(hours=2)
    again = await make(Attempt("key", "print", 600))
    assert (again.entry, again.cursor) == (first.entry, first.cursor)
    assert (first.replayed, again.replayed) == (False, True)
    for attempt in (None, Attempt("other", "print", 600)):
        with pytest.raises(Invalid, match="publish_at"):
            await make(attempt)


# Reading one


async def test_who_sees_what(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    await posts.create("night", {"id": "d", "status": "draft"}, EDITOR)
    await posts.create("night", {"id": "gone", **BODY}, EDITOR)
    await posts.delete("night", "gone", EDITOR)
    for caller in (ANONYMOUS, READER, WRITER, ELSEWHERE):
        assert (await posts.read("night", "p", caller)).id == "p"
        with pytest.raises(Gone, match="gone") as gone:
            await posts.read("night", "gone", caller)
        assert gone.value.tombstone == {"id": "gone", "blog": "night", "revision": 2, "status": "deleted"}
    assert (await posts.read("night", "d", READER)).status == "draft"
    for caller in (ANONYMOUS, WRITER, ELSEWHERE):
        with pytest.raises(NotFound, match="'d'"):
            await posts.read("night", "d", caller)


async def test_who_sees_the_revisions(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    await posts.edit("night", "p", {"title": "P"}, PUBLISHER)
    assert [(line.revision, line.by) for line in (await posts.revisions("night", "p", READER)).revisions] == [
        (1, "editor"),
        (2, "publisher"),
    ]
    with pytest.raises(Unauthenticated):
        await posts.revisions("night", "p", ANONYMOUS)
    for caller in (WRITER, ELSEWHERE):
        with pytest.raises(NotFound):
            await posts.revisions("night", "p", caller)
    with pytest.raises(NotFound, match="'q'"):
        await posts.revisions("night", "q", READER)


# Changing one


async def test_what_is_not_there_is_not_found(posts: Posts) -> None:
    for blog, post, named in (("night", "q", "'q'"), ("nowhere", "q", "'nowhere'")):
        for act in (
            posts.edit(blog, post, {"title": "Q"}, EDITOR),
            posts.delete(blog, post, EDITOR),
            posts.restore(blog, post, 1, EDITOR),
        ):
            with pytest.raises(NotFound, match=named):
                await act


@pytest.mark.parametrize("patch", [None, [], "title", 7])
async def test_a_patch_is_an_object(posts: Posts, patch: Any) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    with pytest.raises(Invalid, match="JSON object"):
        await posts.edit("night", "p", patch, EDITOR)


async def test_a_change_for_another_revision_is_told_what_stands(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    await posts.edit("night", "p", {"title": "Two"}, EDITOR, revision=1)
    for act in (
        posts.edit("night", "p", {"title": "Three"}, EDITOR, revision=1),
        posts.delete("night", "p", EDITOR, revision=1),
        posts.restore("night", "p", 1, EDITOR, revision=3),
    ):
        with pytest.raises(StaleRevision, match="but the current one is 2") as refused:
            await act
        assert refused.value.current is not None and refused.value.current["title"] == "Two"
    assert post_of(await posts.restore("night", "p", 1, EDITOR, revision=2)).revision == 3
    await posts.delete("night", "p", EDITOR, revision=3)


async def test_of_many_edits_at_once_none_is_lost(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    fields: list[dict[str, Any]] = [{"title": "Two"}, {"byline": "By Ada"}, {"key": True}, {"notes": "Ben helped."}]
    await asyncio.gather(*(posts.edit("night", "p", patch, EDITOR) for patch in fields))
    post = await posts.read("night", "p", EDITOR)
    assert (post.title, post.byline, post.key, post.notes, post.revision) == ("Two", "By Ada", True, "Ben helped.", 5)


@pytest.mark.usefixtures("retries_at_once")
async def test_a_change_that_always_comes_second_gives_up(valkey_url: str, posts: Posts, clock: Clock) -> None:
    class AlwaysSecond(RedisStore):
        async def commit(self, *args: Any, **more: Any) -> Committed:
            raise StaleRevision("somebody was first")

    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    await posts.edit("night", "p", {"title": "Two"}, EDITOR)
    busy = AlwaysSecond(valkey_url, Settings())
    slow = Posts(busy, clock)
    acts = (
        slow.edit("night", "p", {"title": "Three"}, EDITOR),
        slow.delete("night", "p", EDITOR),
        slow.restore("night", "p", 1, EDITOR),
    )
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) and "'p'" in str(outcome) for outcome in outcomes)
    await busy.close()


async def test_an_edit_that_changes_nothing_makes_no_revision_unless_it_names_a_time(
    posts: Posts, store: RedisStore, clock: Clock
) -> None:
    made = await posts.create("night", {"id": "p", **BODY}, EDITOR)
    clock.turn(minutes=1)
    same = await posts.edit("night", "p", {"title": None, "pinned": False, **BODY}, EDITOR)
    assert (same.cursor, same.entry) == (made.cursor, made.entry)
    assert await told(store) == ["published"]
    named = await posts.edit("night", "p", {"updated_at": clock().isoformat()}, EDITOR)
    assert (post_of(named).revision, post_of(named).updated_at) == (2, clock())
    assert named.cursor.sequence == made.cursor.sequence + 1


@pytest.mark.parametrize("silent", [False, True])
async def test_a_silent_edit_reaches_readers_but_does_not_show(
    posts: Posts, store: RedisStore, clock: Clock, silent: bool
) -> None:
    made = await posts.create("night", {"id": "p", **BODY}, EDITOR)
    before = clock()
    clock.turn(minutes=5)
    await posts.edit("night", "p", {"title": "P", "silent": silent}, EDITOR)
    assert await told(store, made.cursor.sequence) == ["edited"]
    assert await updated(store) == (before if silent else clock())
    assert (await posts.read("night", "p", ANONYMOUS)).updated_at == (before if silent else clock())


async def test_a_writer_edits_drafts_alone(posts: Posts, clock: Clock) -> None:
    at = (clock() + timedelta(hours=1)).isoformat()
    await posts.create("night", {"id": "d", "title": "D", "status": "draft"}, EDITOR)
    await posts.create("night", {"id": "s", "title": "S", "status": "scheduled", "publish_at": at}, EDITOR)
    await posts.create("night", {"id": "p", "title": "P"}, EDITOR)
    assert post_of(await posts.edit("night", "d", {"title": "Two"}, WRITER)).title == "Two"
    refused: list[tuple[str, dict[str, Any]]] = [
        ("d", {"status": "published"}),
        ("d", {"status": "scheduled", "publish_at": at}),
        ("s", {"title": "Two"}),
        ("s", {"status": "draft"}),
        ("p", {"title": "Two"}),
    ]
    for name, patch in refused:
        with pytest.raises(Forbidden, match="publish"):
            await posts.edit("night", name, patch, WRITER)
        assert post_of(await posts.edit("night", name, {}, PUBLISHER)).revision == (2 if name == "d" else 1)
    for name in "ps":
        with pytest.raises(Forbidden):
            await posts.edit("night", name, {"title": "Two"}, ELSEWHERE)
    with pytest.raises(Forbidden, match="publish"):
        await posts.delete("night", "p", WRITER)
    await posts.delete("night", "d", WRITER)


async def test_a_status_that_can_not_follow_is_named_with_those_that_can(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    with pytest.raises(Conflict, match="published can't become draft, only published"):
        await posts.edit("night", "p", {"status": "draft"}, EDITOR)


async def test_what_a_patch_can_not_mean_is_refused(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    await posts.create("night", {"id": "d", "status": "draft"}, EDITOR)
    patches: list[tuple[str, dict[str, Any], str]] = [
        ("p", {"status": None}, "/status"),
        ("p", {"published_at": None}, "/published_at"),
        ("p", {"publish_at": "2031-05-04T18:00:00Z"}, "/publish_at"),
        ("d", {"publish_at": "2031-05-04T18:00:00Z"}, "/publish_at"),
        ("p", {"body_format": "markdown"}, "/body_format"),
    ]
    for name, patch, pointer in patches:
        with pytest.raises(Invalid) as refused:
            await posts.edit("night", name, patch, EDITOR)
        assert [error.pointer for error in refused.value.errors] == [pointer]
    for name, patch in (("d", {"published_at": None}), ("p", {"publish_at": None}), ("d", {"publish_at": None})):
        assert post_of(await posts.edit("night", name, patch, EDITOR)).revision == 1
    rendered = await posts.edit("night", "p", {"body_format": "markdown", "body": "*Rain.*"}, EDITOR)
    assert "<em>Rain.</em>" in post_of(rendered).body


# Deleting and bringing back


async def test_what_is_deleted_leaves_a_tombstone_once(posts: Posts, store: RedisStore) -> None:
    made = await posts.create("night", {"id": "p", **BODY}, EDITOR)
    gone = await posts.delete("night", "p", EDITOR)
    assert gone.entry == Tombstone(id="p", blog="night", revision=2)
    assert gone.cursor.sequence == made.cursor.sequence + 1
    again = await posts.delete("night", "p", EDITOR, revision=1)
    assert (again.entry, again.cursor) == (gone.entry, gone.cursor)
    assert await told(store) == ["removed"]


async def test_a_deleted_post_comes_back_only_on_purpose_and_as_it_last_was(posts: Posts, store: RedisStore) -> None:
    await posts.create("night", {"id": "p", "title": "One"}, EDITOR)
    await posts.edit("night", "p", {"title": "Two", "tags": ["sea"]}, EDITOR)
    await posts.delete("night", "p", EDITOR)
    for patch in ({}, {"title": "Three"}, {"status": None}):
        with pytest.raises(Gone, match="published") as gone:
            await posts.edit("night", "p", patch, EDITOR)
        assert gone.value.tombstone["revision"] == 3
    with pytest.raises(Gone, match="published") as gone:
        await posts.restore("night", "p", 1, EDITOR)
    assert gone.value.tombstone["revision"] == 3
    with pytest.raises(Conflict, match="deleted can't become draft"):
        await posts.edit("night", "p", {"status": "draft"}, EDITOR)
    back = post_of(await posts.edit("night", "p", {"status": "published", "key": True}, EDITOR))
    assert (back.revision, back.title, back.tags, back.key) == (4, "Two", ("sea",), True)
    assert await told(store) == ["restored"]
    await posts.delete("night", "p", EDITOR)
    assert post_of(await posts.edit("night", "p", {"status": "published"}, EDITOR)).revision == 6


async def test_a_deleted_post_whose_revisions_are_lost_stays_deleted(
    valkey_url: str, posts: Posts, clock: Clock
) -> None:
    class WithoutRevisions(RedisStore):
        async def revisions(self, blog: str, post: str, **_: Any) -> RevisionPage:
            return RevisionPage((), None, more=False)

    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    await posts.delete("night", "p", EDITOR)
    store = WithoutRevisions(valkey_url, Settings())
    with pytest.raises(Gone, match="'p'") as gone:
        await Posts(store, clock).edit("night", "p", {"status": "published"}, EDITOR)
    assert gone.value.tombstone["revision"] == 2
    await store.close()


async def test_restoring_a_revision_brings_its_words_and_its_place_if_it_was_out(posts: Posts, clock: Clock) -> None:
    await posts.create("night", {"id": "p", "title": "One", "published_at": "2031-05-04T08:00:00Z"}, EDITOR)
    await posts.edit("night", "p", {"title": "Two", "published_at": "2031-05-04T09:00:00Z", "key": True}, EDITOR)
    back = post_of(await posts.restore("night", "p", 1, EDITOR))
    assert (back.revision, back.title, back.key) == (3, "One", False)
    assert back.published_at is not None and back.published_at.hour == 8
    await posts.create("night", {"id": "d", "title": "One", "status": "draft"}, EDITOR)
    out = post_of(await posts.edit("night", "d", {"title": "Two", "status": "published"}, EDITOR))
    clock.turn(hours=1)
    back = post_of(await posts.restore("night", "d", 1, EDITOR))
    assert (back.title, back.status, back.published_at) == ("One", "published", out.published_at)


async def test_only_a_revision_that_there_was_can_be_restored(posts: Posts) -> None:
    await posts.create("night", {"id": "p", "title": "One"}, EDITOR)
    await posts.delete("night", "p", EDITOR)
    await posts.edit("night", "p", {"status": "published"}, EDITOR)
    for wanted in (0, 2, 4):
        with pytest.raises(NotFound, match=f"revision {wanted}"):
            await posts.restore("night", "p", wanted, EDITOR)
    with pytest.raises(Forbidden):
        await posts.restore("night", "p", 1, READER)


async def test_a_second_try_to_restore_gets_the_first_answer(posts: Posts) -> None:
    await posts.create("night", {"id": "p", "title": "One"}, EDITOR)
    await posts.edit("night", "p", {"title": "Two"}, EDITOR)
    attempt = Attempt("key", "print", 60)
    first = await posts.restore("night", "p", 1, EDITOR, attempt=attempt)
    await posts.edit("night", "p", {"title": "Three"}, EDITOR)
    again = await posts.restore("night", "p", 1, EDITOR, revision=2, attempt=attempt)
    assert (again.entry, again.cursor, again.replayed) == (first.entry, first.cursor, True)
    assert (await posts.read("night", "p", EDITOR)).title == "Three"


# What a caller may not read


@pytest.mark.parametrize("fields", [{"status": "draft"}, {"status": "scheduled", "publish_at": "2031-05-04T18:00:00Z"}])
async def test_no_write_shows_an_unpublished_post_to_a_token_that_may_not_read_it(
    posts: Posts, fields: dict[str, str]
) -> None:
    await posts.create("night", {"id": "p", "title": "Secret", "body": "<p>Secret.</p>", **fields}, EDITOR)
    for act in (
        posts.edit("night", "p", {"notes": "N"}, PUBLISHER, revision=7),
        posts.delete("night", "p", PUBLISHER, revision=7),
        posts.restore("night", "p", 1, PUBLISHER, revision=7),
    ):
        with pytest.raises(StaleRevision, match="the current one is 1") as refused:
            await act
        assert refused.value.current is None
    with pytest.raises(StaleRevision) as refused:
        await posts.edit("night", "p", {}, EDITOR, revision=7)
    assert refused.value.current is not None and refused.value.current["title"] == "Secret"
    unchanged = await posts.edit("night", "p", {}, PUBLISHER)
    assert (unchanged.entry.status, unchanged.entry.revision) == (fields["status"], 1)
    edited = await posts.edit("night", "p", {"notes": "Named"}, PUBLISHER)
    assert post_of(edited).notes == "Named"
    for answer in (unchanged, edited):
        assert "Secret" not in answer.entry.model_dump_json()
    with pytest.raises(NotFound, match="no revision 1"):
        await posts.restore("night", "p", 1, PUBLISHER)
    assert (await posts.read("night", "p", EDITOR)).body == "<p>Secret.</p>"


async def test_a_draft_that_was_published_since_is_restored_by_those_alone_who_may_read_it(posts: Posts) -> None:
    await posts.create("night", {"id": "p", "title": "Secret", "status": "draft"}, EDITOR)
    out = post_of(await posts.edit("night", "p", {"title": "Said", "status": "published"}, PUBLISHER))
    assert (out.title, out.revision) == ("Said", 2)
    with pytest.raises(NotFound, match="no revision 1"):
        await posts.restore("night", "p", 1, PUBLISHER)
    with pytest.raises(StaleRevision) as refused:
        await posts.edit("night", "p", {"title": "X"}, PUBLISHER, revision=1)
    assert refused.value.current is not None and refused.value.current["title"] == "Said"


async def test_the_right_to_edit_is_checked_before_the_revision(posts: Posts) -> None:
    await posts.create("night", {"id": "p", **BODY}, EDITOR)
    scheduled = {"id": "s", **BODY, "status": "scheduled", "publish_at": "2031-05-04T18:00:00Z"}
    await posts.create("night", scheduled, EDITOR)
    for act in (
        posts.edit("night", "p", {"title": "X"}, WRITER, revision=7),
        posts.edit("night", "s", {"title": "X"}, WRITER, revision=7),
        posts.delete("night", "p", WRITER, revision=7),
        posts.restore("night", "p", 1, WRITER, revision=7),
    ):
        with pytest.raises(Forbidden, match="publish"):
            await act
