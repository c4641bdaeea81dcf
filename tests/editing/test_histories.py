"""Whatever two editors do, with retries and stale revisions: stream, state, pages and a replaying reader agree."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Clock
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.errors import StopPressError
from stoppress.model import Post, Tombstone, apply
from stoppress.settings import Settings
from stoppress.store.base import Attempt
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from stoppress.token_scopes import SCOPES, Caller

EDITORS = [Caller(name, frozenset(SCOPES)) for name in ("ada", "ben")]
NAMES = st.sampled_from(["a", "b", "c"])
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["One", "Two", None]),
        "published_at": st.sampled_from(["2031-05-04T09:00:00Z", "2031-05-04T11:00:00Z"]),
        "status": st.sampled_from(["published", "draft"]),
        "pinned": st.booleans(),
        "tags": st.sampled_from([[], ["sea"], ["sea", "wind"]]),
        "correction": st.sampled_from(["It was Two.", None]),
        "silent": st.booleans(),
    },
)
BODY = {"body": "<p>Rain.</p>"}  # what is published says something
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), NAMES, PATCHES, st.sampled_from(["k1", "k2", None])),
        st.tuples(st.just("edit"), NAMES, PATCHES, st.sampled_from([None, 1, 2, 3])),
        st.tuples(st.just("delete"), NAMES, st.just({}), st.sampled_from([None, 1, 2])),
        st.tuples(st.just("undelete"), NAMES, st.just({"status": "published"}), st.sampled_from([None, 2, 3])),
        st.tuples(st.just("restore"), NAMES, st.just({}), st.integers(1, 4)),
        st.tuples(st.just("batch"), NAMES, PATCHES, st.sampled_from(["k3", None])),
    ),
    max_size=25,
)


async def _perform(posts: Posts, editor: Caller, step: tuple[str, str, dict[str, Any], Any]) -> None:
    kind, name, content, guard = step
    try:
        match kind:
            case "create":
                content = {key: value for key, value in content.items() if key != "silent"}
                attempt = Attempt(f"{editor.name}{guard}", repr((name, content)), 60) if guard else None
                await posts.create("night", {"id": name, **BODY, **content}, editor, attempt)
            case "batch":
                content = {key: value for key, value in content.items() if key != "silent"}
                attempt = Attempt(f"{editor.name}{guard}", repr((name, content)), 60) if guard else None
                together = {"posts": [{"id": name, **BODY, **content}, {"id": "d", **BODY, **content}]}
                await posts.create_all("night", together, editor, attempt)
            case "restore":
                await posts.restore("night", name, guard, editor, revision=guard if name == "a" else None)
            case "edit" | "undelete":
                await posts.edit("night", name, content, editor, revision=guard)
            case _:
                await posts.delete("night", name, editor, revision=guard)
    except StopPressError as error:
        assert error.status < 500, error


async def _history(url: str, steps: list[tuple[int, Any]], together: bool) -> None:
    store, log = RedisStore(url, Settings()), RedisLog(url, Settings())
    await store.delete_blog("night")
    clock = Clock()
    await Blogs(store, clock).create({"id": "night", "title": "Night"}, EDITORS[0])
    posts = Posts(store, clock)
    acts = [_perform(posts, EDITORS[editor], step) for editor, step in steps]
    if together:
        await asyncio.gather(*acts)
    else:
        for act in acts:
            clock.turn(seconds=1)
            await act

    records = (await log.read({"night": 0}, wait=1))["night"]
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    replayed = apply({}, records)
    stood: dict[str, Post | Tombstone] = {}
    for name in "abcd":
        if (entry := await store.published("night", name)) is not None:
            stood[name] = entry
    assert replayed == stood
    public = sorted(
        (post for post in replayed.values() if isinstance(post, Post)),
        key=lambda post: (post.published_at, post.id),
        reverse=True,
    )
    page = await store.page("night", limit=9)
    assert page is not None
    assert list(page.posts) == public
    assert (page.blog.posts, page.cursor.sequence) == (len(public), len(records))
    for tag in ("sea", "wind"):
        tagged = await store.page("night", limit=9, index=f"tag:{tag}")
        assert tagged is not None and list(tagged.posts) == [post for post in public if tag in post.tags]
    # A reader that was away since anywhere is brought to the same.
    for after in range(len(records) + 1):
        since = await store.since("night", after, limit=99)
        assert since is not None
        assert apply(apply({}, records[:after]), since.records) == replayed
    await store.close()
    await log.close()


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([0, 1]), STEPS), max_size=1), st.booleans(), STEPS)
def test_stream_state_pages_and_replay_agree(
    valkey_url: str, first: list[tuple[int, Any]], together: bool, second: list[Any]
) -> None:
    steps = [(editor, step) for editor, several in first for step in several] + [(1, step) for step in second]
    asyncio.run(_history(valkey_url, steps, together))
