"""A long story: ten thousand posts, and none is dropped on any way to read them."""

from __future__ import annotations

import httpx2
import pytest

pytestmark = pytest.mark.anyio

MANY, BATCH = 10_000, 500


@pytest.mark.slow
async def test_ten_thousand_posts_are_all_listed_told_and_paged_while_others_arrive(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    start = (await anybody.get(f"{blog}/changes")).json()["cursor"]
    names = [f"p{i:05}" for i in range(MANY)]
    for first in range(0, MANY, BATCH):
        posts = [
            # A thousand posts to a minute: ids decide within it.
            {"id": name, "title": name, "published_at": f"2031-05-04T10:{i // 1_000:02}:00Z"}
            for i, name in enumerate(names[first : first + BATCH], first)
        ]
        assert (await admin.post(f"{blog}/posts:batch", json={"posts": posts})).status_code == 201

    for order, expected in (("oldest", names), ("newest", names[::-1])):
        seen: list[str] = []
        page: str | None = ""
        while page is not None:
            answer = await anybody.get(
                f"{blog}/posts?order={order}&page={page}" if page else f"{blog}/posts?order={order}"
            )
            seen += [post["id"] for post in answer.json()["posts"]]
            page = answer.json()["next"]
            if len(seen) % 2_000 == 0:
                await admin.post(f"{blog}/posts", json={"title": "meanwhile", "tags": ["late"]})
        assert [name for name in seen if name.startswith("p")] == expected

    told: list[str] = []
    cursor, more = start, True
    while more:
        answer = await anybody.get(f"{blog}/changes", params={"after": cursor})
        told += [message["post"]["id"] for message in answer.json()["messages"]]
        cursor, more = answer.json()["cursor"], answer.json()["more"]
    assert [name for name in told if name.startswith("p")] == names
    assert len(told) == len(set(told)) == (await anybody.get(blog)).json()["posts"]
