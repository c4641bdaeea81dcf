"""A blog goes out as one document and comes back the same, revisions included."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conftest import EDITOR
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.editing.schedule import publish_due
from stoppress.errors import Conflict, Invalid, NotFound
from stoppress.model import Post
from stoppress.store import export_import as archive
from stoppress.store.redis_store import RedisStore

pytestmark = pytest.mark.anyio


async def a_blog(store: RedisStore, clock: Any) -> Posts:
    """Posts in every state, with several revisions."""
    blogs, posts = Blogs(store, clock), Posts(store, clock)
    await blogs.create({"id": "night", "title": "Night"}, EDITOR)
    await blogs.edit("night", {"title": "The long night", "status": "paused"}, EDITOR)
    for name in "abc":
        await posts.create("night", {"id": name, "title": name, "tags": ["sea"], "key": name == "a"}, EDITOR)
        clock.turn(seconds=1)
    await posts.edit("night", "a", {"title": "Ä ✓", "correction": "It was b."}, EDITOR)
    await posts.delete("night", "b", EDITOR)
    await posts.create("night", {"id": "d", "status": "draft", "tags": ["wind"]}, EDITOR)
    await posts.create("night", {"id": "gone", "status": "draft"}, EDITOR)
    await posts.delete("night", "gone", EDITOR)
    later = {"id": "s", "title": "Later", "status": "scheduled", "publish_at": "2031-05-04T18:00:00Z"}
    await posts.create("night", later, EDITOR)
    return posts


async def seen(store: RedisStore) -> Any:
    lists = [await store.page("night", limit=99, index=name) for name in ("all", "key", "pinned", "tag:sea")]
    assert all(lists)
    revisions = [(await store.revisions("night", name)).revisions for name in ("a", "b", "c", "d", "gone", "s")]
    return [(page.posts, page.blog) for page in lists if page], await store.drafts("night"), revisions


async def test_a_blog_comes_back_as_it_went(
    any_store: RedisStore, clock: Any, keys_on_server: Callable[[str], list[str]]
) -> None:
    posts = await a_blog(any_store, clock)
    before, document = await seen(any_store), await archive.dump(any_store, "night")
    with pytest.raises(Conflict, match="night"):
        await archive.load(any_store, document)
    was = await any_store.blog("night")
    await any_store.delete_blog("night")
    assert await archive.load(any_store, json.loads(json.dumps(document))) == "night"
    assert await seen(any_store) == before
    assert await archive.dump(any_store, "night") == document
    state = await any_store.blog("night")
    assert state and was and state.cursor.epoch != was.cursor.epoch
    # And it goes on from there: edits, the schedule, catching up, deleting everything.
    edited = await posts.edit("night", "a", {"title": "On"}, EDITOR, revision=2)
    assert edited.cursor.sequence == state.cursor.sequence + 1
    clock.turn(hours=8)
    assert await publish_due(any_store, clock) == 1
    since = await any_store.since("night", 0, limit=99)
    assert since and len(since.records) == 5 and since.head.sequence == state.cursor.sequence + 2
    await any_store.delete_blog("night")
    assert keys_on_server("*{night}*") == []


async def test_nothing_in_an_archive_gets_to_run_in_a_page(any_store: RedisStore, clock: Any) -> None:
    posts = await a_blog(any_store, clock)
    document = await archive.dump(any_store, "night")
    await any_store.delete_blog("night")
    revisions = [(i, j) for i, post in enumerate(document["posts"]) for j in range(len(post["revisions"]))]
    for i, j in revisions:
        copy = json.loads(json.dumps(document))
        written = copy["posts"][i]["revisions"][j]["post"]
        if written["status"] == "deleted":
            continue
        written["body"] = "<p>a</p><script>hit()</script>"
        with pytest.raises(Invalid) as refused:
            await archive.load(any_store, copy)
        assert [wrong.pointer for wrong in refused.value.errors] == [f"/posts/{i}/revisions/{j}/post/body"]
    assert await any_store.blog("night") is None
    for i, j in revisions:
        written = document["posts"][i]["revisions"][j]["post"]
        written |= {"body": '<p class="x">a<base href="//x"></p>'} if written["status"] != "deleted" else {}
    await archive.load(any_store, document)
    bodies = {
        line.post.body
        for name in ("a", "b", "c", "d", "gone", "s")
        for line in (await any_store.revisions("night", name)).revisions
        if isinstance(line.post, Post)
    }
    assert bodies == {"<p>a</p>"}
    back = await posts.edit("night", "b", {"status": "published"}, EDITOR)
    assert isinstance(back.entry, Post) and back.entry.body == "<p>a</p>"


async def test_folded_revisions_stay_folded(
    any_store: RedisStore, clock: Any, keys_on_server: Callable[[str], list[str]]
) -> None:
    posts = await a_blog(any_store, clock)
    desk = replace(EDITOR, id="0123456789ab")
    for title in ("2", "3", "4"):
        await posts.edit("night", "d", {"title": title}, desk)
    was = (await any_store.revisions("night", "d")).revisions
    assert [line.revision for line in was] == [1, 4]
    document = await archive.dump(any_store, "night")
    await any_store.delete_blog("night")
    assert keys_on_server("*{night}*") == []
    await archive.load(any_store, document)
    assert (await any_store.revisions("night", "d")).revisions == was
    await any_store.delete_blog("night")
    published = {"status": "published", "published_at": "2031-05-04T12:00:00Z"}
    spoilers: tuple[Callable[[Any], object], ...] = (
        lambda it: it[-1].update(revision=1),
        lambda it: it[-1]["post"].update(revision=99),
        lambda it: it[-1]["post"].update(published),
        lambda it: it.reverse(),
    )
    for spoil in spoilers:
        copy = json.loads(json.dumps(document))
        spoil(next(post["revisions"] for post in copy["posts"] if post["revisions"][0]["post"]["id"] == "d"))
        with pytest.raises(Invalid, match="expected id, blog and revision"):
            await archive.load(any_store, copy)


async def test_what_is_no_export_changes_nothing(any_store: RedisStore, clock: Any) -> None:
    await a_blog(any_store, clock)
    document = await archive.dump(any_store, "night")
    await any_store.delete_blog("night")
    spoilers: tuple[Callable[[Any], object], ...] = (
        lambda it: it["posts"][0]["revisions"].pop(0),
        lambda it: it["posts"].append(it["posts"][0]),
        lambda it: it["posts"][0].update(change=None),
        lambda it: it.pop("posts"),
        lambda it: it["blog"].clear(),
    )
    for spoil in spoilers:
        copy = json.loads(json.dumps(document))
        spoil(copy)
        with pytest.raises(Invalid, match="expected an export of a blog"):
            await archive.load(any_store, copy)
    assert await any_store.blog("night") is None
    with pytest.raises(NotFound):
        await archive.dump(any_store, "night")
