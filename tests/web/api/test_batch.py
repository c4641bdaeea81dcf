"""Many posts at once: all or none, in order, safe to send again."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from stoppress.web.dependencies import Dependencies
from web.checks import errors, token, unchanged

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient


async def test_all_are_made_in_order_with_an_answer_each(admin: Client, anybody: Client, blog: str) -> None:
    start = (await anybody.get(f"{blog}/changes")).json()["cursor"]
    posts: list[dict[str, Any]] = [{"title": f"Post {i}", "tags": ["sea"]} for i in range(498)]
    posts += [{"id": "d", "status": "draft"}, {"id": "key", "title": "Key", "key": True}]
    made = await admin.post(f"{blog}/posts:batch", json={"posts": posts})
    assert made.status_code == 201
    answers = made.json()["posts"]
    assert [one["post"]["title"] for one in answers[:498]] == [f"Post {i}" for i in range(498)]
    assert [int(one["cursor"].rpartition(".")[2]) for one in answers] == [*range(2, 500), 499, 500]
    assert made.json()["cursor"] == answers[-1]["cursor"]
    told = (await anybody.get(f"{blog}/changes?after={start}")).json()
    assert [message["post"]["title"] for message in told["messages"][:498]] == [f"Post {i}" for i in range(498)]
    newest = (await anybody.get(f"{blog}/posts?limit=3&tag=sea")).json()["posts"]
    assert [post["title"] for post in newest] == ["Post 497", "Post 496", "Post 495"]
    assert (await anybody.get(f"{blog}/posts/d")).status_code == 404


@pytest.mark.parametrize(
    ("posts", "status", "pointer", "detail"),
    [
        ([{"title": "a"}, {"title": 5}], 422, "/posts/1/title", "got 5"),
        ([{"title": "a"}, {"body": "<script>x()</script>"}], 422, "/posts/1/body", "<script>"),
        (
            [{"id": "a", "title": "a"}, {"id": "b", "title": "b"}, {"id": "a", "title": "a"}],
            422,
            "/posts/2/id",
            "'a' is also the id of /posts/0",
        ),
        ([{"title": "a"}, {"id": "there", "title": "b"}], 409, "/posts/1/id", "'there'"),
        ([{"title": "a"}, {"status": "scheduled"}], 422, "/posts/1/publish_at", "time in the future"),
        ([{"media": [{"type": "image", "url": 7}]}], 422, "/posts/0/media/0/url", "got 7"),
        ([{"title": "a"}, {}], 422, "/posts/1/body", "got none of them"),
        ([{"revision": 7}], 422, "/posts/0/revision", "set by the server"),
        ([], 422, "/posts", "at least 1"),
        ([{"title": "x"}] * 501, 422, "/posts", "at most 500"),
    ],
)
async def test_one_that_is_wrong_is_named_and_none_is_made(
    admin: Client, blog: str, posts: list[Any], status: int, pointer: str, detail: str
) -> None:
    await admin.post(f"{blog}/posts", json={"id": "there", "title": "There"})
    before = await unchanged(admin, blog)
    refused = await admin.post(f"{blog}/posts:batch", json={"posts": posts})
    assert refused.status_code == status and detail in errors(refused)[pointer]
    assert await unchanged(admin, blog) == before


async def test_the_same_key_makes_them_once_even_from_many_at_once(admin: Client, blog: str) -> None:
    key, content = {"Idempotency-Key": "wire-7"}, {"posts": [{"title": "a"}, {"title": "b", "status": "draft"}]}
    answers = await asyncio.gather(*(admin.post(f"{blog}/posts:batch", json=content, headers=key) for _ in range(20)))
    assert len({answer.text for answer in answers}) == 1 and {answer.status_code for answer in answers} == {201}
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert (await admin.get(blog)).json()["posts"] == 1
    other = await admin.post(f"{blog}/posts:batch", json={"posts": [{"title": "c"}]}, headers=key)
    assert other.status_code == 422


async def test_two_batches_with_one_post_in_common_do_not_mix(admin: Client, blog: str) -> None:
    batches = [
        {"posts": [{"id": one, "title": "x"} for one in (*(f"{name}{i}" for i in range(50)), "common")]}
        for name in "ab"
    ]
    answers = await asyncio.gather(*(admin.post(f"{blog}/posts:batch", json=content) for content in batches))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await admin.get(blog)).json()["posts"] == 51


async def test_who_may_write_drafts_only_can_make_only_those(anybody: Client, blog: str, context: Dependencies) -> None:
    writer = await token(context, "write")
    drafts = {"posts": [{"status": "draft"}, {"status": "draft"}]}
    assert (await anybody.post(f"{blog}/posts:batch", json=drafts, headers=writer)).status_code == 201
    out = {"posts": [{"status": "draft"}, {"status": "published"}]}
    assert (await anybody.post(f"{blog}/posts:batch", json=out, headers=writer)).status_code == 403
    assert (await anybody.post(f"{blog}/posts:batch", json=drafts)).status_code == 401
    assert (await anybody.post("/v1/blogs/nope/posts:batch", json=drafts, headers=writer)).status_code == 404
