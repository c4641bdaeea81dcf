"""The life of posts and blogs: every move that is allowed, and a clear word for every one that is not."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from stoppress.editing.schedule import publish_due
from stoppress.editing.transitions import NEXT_OF_BLOG, NEXT_OF_POST
from stoppress.web.dependencies import Dependencies
from web.checks import errors, token, unchanged

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient
TIME = "2031-05-04T18:00:00Z"
STATUSES = ("draft", "scheduled", "published", "deleted")


def wanted(status: str) -> dict[str, str]:
    return {"status": status} | ({"publish_at": TIME} if status == "scheduled" else {})


async def a_post(admin: Client, blog: str, status: str) -> dict[str, Any]:
    """A post that stands so."""
    first = "published" if status == "deleted" else status
    made = await admin.post(f"{blog}/posts", json={"id": "p", "title": "The gate", **wanted(first)})
    assert made.status_code == 201, made.text
    if status == "deleted":
        made = await admin.delete(f"{blog}/posts/p")
    post: dict[str, Any] = made.json()["post"]
    assert post["status"] == status
    return post


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES[:3])
async def test_every_move_of_a_post(admin: Client, blog: str, before: str, after: str) -> None:
    post = await a_post(admin, blog, before)
    moved = await admin.patch(f"{blog}/posts/p", json=wanted(after))
    if after in NEXT_OF_POST[before]:  # type: ignore[index]
        assert (moved.status_code, moved.json()["post"]["status"]) == (200, after)
        assert moved.json()["post"]["title"] == "The gate"
        assert moved.json()["post"]["revision"] == post["revision"] + (before != after)
    else:
        assert moved.status_code == 409
        assert before in moved.json()["detail"] and after in moved.json()["detail"]


@pytest.mark.parametrize("before", STATUSES)
async def test_every_post_can_be_deleted_and_deleting_twice_is_deleting_once(
    admin: Client, blog: str, before: str
) -> None:
    await a_post(admin, blog, before)
    gone = await admin.delete(f"{blog}/posts/p")
    assert gone.json()["post"]["status"] == "deleted"
    assert (await admin.delete(f"{blog}/posts/p")).json() == gone.json()
    edited = await admin.patch(f"{blog}/posts/p", json={"title": "x"})
    assert edited.status_code == 410 and edited.json()["tombstone"] == gone.json()["post"]


async def test_a_status_that_is_none_is_422(admin: Client, blog: str) -> None:
    await a_post(admin, blog, "published")
    refused = await admin.patch(f"{blog}/posts/p", json={"status": "deleted"})
    assert refused.status_code == 422 and "/status" in errors(refused)


async def test_a_deleted_draft_was_never_seen_and_comes_back_when_wanted(
    admin: Client, anybody: Client, blog: str
) -> None:
    before = await unchanged(anybody, blog)
    await a_post(admin, blog, "draft")
    await admin.delete(f"{blog}/posts/p")
    assert (await anybody.get(f"{blog}/posts/p")).status_code == 404
    assert (await admin.get(f"{blog}/posts/p")).status_code == 410
    assert await unchanged(anybody, blog) == before
    back = await admin.patch(f"{blog}/posts/p", json={"status": "published"})
    assert back.json()["post"]["title"] == "The gate"
    assert (await anybody.get(f"{blog}/posts/p")).json() == back.json()["post"]


async def test_a_draft_with_tags_and_marks_enters_the_lists_when_it_comes_out(
    admin: Client, anybody: Client, blog: str
) -> None:
    marks = {"tags": ["sea"], "key": True, "pinned": True}
    await admin.post(f"{blog}/posts", json={"id": "p", "title": "P", "status": "draft", **marks})
    lists = [f"{blog}/posts?{query}" for query in ("tag=sea", "key=true", "pinned=true")]
    assert [(await anybody.get(path)).json()["posts"] for path in lists] == [[], [], []]
    await admin.patch(f"{blog}/posts/p", json={"status": "published"})
    assert [len((await anybody.get(path)).json()["posts"]) for path in lists] == [1, 1, 1]
    await admin.delete(f"{blog}/posts/p")
    assert [(await anybody.get(path)).json()["posts"] for path in lists] == [[], [], []]


async def test_drafts_are_listed_in_order_by_pages_and_by_mark_as_posts_are(admin: Client, blog: str) -> None:
    for i in range(5):
        marks = {"tags": ["sea"], "pinned": True} if i % 2 else {"key": True}
        await admin.post(f"{blog}/posts", json={"id": f"d{i}", "title": "x", "status": "draft", **marks})

    async def ids(query: str) -> list[str]:
        found: list[str] = []
        page = ""
        while True:
            answer = (await admin.get(f"{blog}/posts?status=draft&limit=2{query}{page}")).json()
            found += [post["id"] for post in answer["posts"]]
            if answer["next"] is None:
                return found
            page = f"&page={answer['next']}"

    assert await ids("") == ["d4", "d3", "d2", "d1", "d0"]
    assert await ids("&order=oldest") == ["d0", "d1", "d2", "d3", "d4"]
    assert await ids("&tag=sea") == await ids("&pinned=true") == ["d3", "d1"]
    assert await ids("&key=true") == ["d4", "d2", "d0"]
    assert await ids("&tag=land") == []
    for wrong in ("order=up", "pinned=", "page=x", "key=true&tag=sea"):
        assert (await admin.get(f"{blog}/posts?status=draft&{wrong}")).status_code == 400


async def test_a_time_to_come_out_is_for_scheduled_posts_alone(admin: Client, blog: str) -> None:
    for status in ("draft", "published"):
        refused = await admin.post(f"{blog}/posts", json={"status": status, "publish_at": TIME})
        assert refused.status_code == 422 and status in errors(refused)["/publish_at"]
    await a_post(admin, blog, "published")
    assert "/publish_at" in errors(await admin.patch(f"{blog}/posts/p", json={"publish_at": TIME}))
    assert (await admin.patch(f"{blog}/posts/p", json={"publish_at": None})).status_code == 200


async def test_scheduling_needs_who_may_publish(
    admin: Client, anybody: Client, blog: str, context: Dependencies
) -> None:
    writer = await token(context, "write")
    assert (await anybody.post(f"{blog}/posts", json=wanted("scheduled"), headers=writer)).status_code == 403
    await a_post(admin, blog, "draft")
    path = f"{blog}/posts/p"
    assert (await anybody.patch(path, json=wanted("scheduled"), headers=writer)).status_code == 403
    await admin.patch(path, json=wanted("scheduled"))
    assert (await anybody.patch(path, json={"title": "slipped in"}, headers=writer)).status_code == 403


async def test_pins_stand_in_their_order_and_moving_one_moves_it(admin: Client, anybody: Client, blog: str) -> None:
    for hour, name in enumerate("abcd"):
        fields = {"id": name, "title": name, "pinned": name != "b", "published_at": f"2031-05-04T0{hour}:00:00Z"}
        await admin.post(f"{blog}/posts", json=fields)

    async def pins() -> list[str]:
        return [post["id"] for post in (await anybody.get(f"{blog}/posts?pinned=true")).json()["posts"]]

    assert await pins() == ["d", "c", "a"]
    await admin.patch(f"{blog}/posts/c", json={"title": "edited"})
    assert await pins() == ["d", "c", "a"]
    await admin.patch(f"{blog}/posts/a", json={"published_at": "2031-05-04T08:00:00Z"})
    assert await pins() == ["a", "d", "c"]


# Revisions


async def test_revisions_tell_who_when_and_what_and_one_can_be_restored(
    admin: Client, anybody: Client, blog: str, clock: Any, context: Dependencies
) -> None:
    path = f"{blog}/posts/p"
    await admin.post(f"{blog}/posts", json={"id": "p", "title": "Gate 7", "tags": ["sea"]})
    clock.turn(minutes=1)
    editor = await token(context, "publish")
    await anybody.patch(path, json={"title": "Gate 8", "tags": [], "key": True}, headers=editor)
    lines = (await admin.get(f"{path}/revisions")).json()["revisions"]
    assert [(line["revision"], line["by"], line["at"]) for line in lines] == [
        (1, "admin", "2031-05-04T12:00:00Z"),
        (2, "a tool", "2031-05-04T12:01:00Z"),
    ]
    assert lines[0]["changed"] == ["published_at", "status", "tags", "title"]
    assert lines[1]["changed"] == ["key", "tags", "title"]
    clock.turn(minutes=1)
    stale = await admin.post(f"{path}/revisions/1/restore", headers={"If-Match": '"1"'})
    assert stale.status_code == 412 and stale.json()["current"]["title"] == "Gate 8"
    key = {"If-Match": '"2"', "Idempotency-Key": "back"}
    back = await admin.post(f"{path}/revisions/1/restore", headers=key)
    post = back.json()["post"]
    assert (post["revision"], post["title"], post["tags"], post["key"]) == (3, "Gate 7", ["sea"], False)
    assert post["updated_at"] == "2031-05-04T12:02:00Z"
    again = await admin.post(f"{path}/revisions/1/restore", headers=key)
    assert again.text == back.text and again.headers["idempotent-replayed"] == "true"
    assert (await admin.post(f"{path}/revisions/9/restore")).status_code == 404
    assert (await admin.post(f"{path}/revisions/x/restore")).status_code == 422
    await admin.delete(path)
    assert (await admin.post(f"{path}/revisions/1/restore")).status_code == 410
    assert (await anybody.post(f"{path}/revisions/1/restore")).status_code == 401


async def test_an_old_revision_does_not_bring_a_deleted_post_back(admin: Client, anybody: Client, blog: str) -> None:
    post = await a_post(admin, blog, "published")
    await admin.delete(f"{blog}/posts/p")
    late = await admin.patch(f"{blog}/posts/p", json={"title": "late"}, headers={"If-Match": f'"{post["revision"]}"'})
    assert late.status_code == 412 and late.json()["current"]["status"] == "deleted"
    again = await admin.post(f"{blog}/posts", json={"id": "p", "title": "The gate"})
    assert again.status_code == 409
    assert (await anybody.get(f"{blog}/posts/p")).status_code == 410


# Retries


async def test_a_retry_gets_the_first_answer_also_when_it_would_be_refused_by_now(
    admin: Client, blog: str, clock: Any, context: Dependencies
) -> None:
    key, content = {"Idempotency-Key": "once"}, {"title": "At six", **wanted("scheduled")}
    first = await admin.post(f"{blog}/posts", json=content, headers=key)
    batch = await admin.post(f"{blog}/posts:batch", json={"posts": [content]}, headers=key)
    assert (first.status_code, batch.status_code) == (201, 201)
    clock.turn(hours=8)
    assert await publish_due(context.store, clock) == 2
    for path, body, before in (("posts", content, first), ("posts:batch", {"posts": [content]}, batch)):
        again = await admin.post(f"{blog}/{path}", json=body, headers=key)
        assert (again.status_code, again.text) == (201, before.text)
        assert again.headers["idempotent-replayed"] == "true"
        assert (await admin.post(f"{blog}/{path}", json=body)).status_code == 422
    await admin.patch(blog, json={"status": "archived"})
    again = await admin.post(f"{blog}/posts", json=content, headers=key)
    assert (again.status_code, again.text) == (201, first.text)
    other = await admin.post(f"{blog}/posts", json={**content, "title": "Other"}, headers=key)
    assert other.status_code == 422 and "Idempotency-Key" in other.json()["detail"]


# Blogs


@pytest.mark.parametrize("before", list(NEXT_OF_BLOG))
@pytest.mark.parametrize("after", list(NEXT_OF_BLOG))
async def test_every_move_of_a_blog_is_an_event_or_a_conflict(
    admin: Client, anybody: Client, before: str, after: str
) -> None:
    made = await admin.post("/v1/blogs", json={"id": "b", "title": "B", "status": before})
    moved = await admin.patch("/v1/blogs/b", json={"status": after})
    told = (await admin.get("/v1/blogs/b/changes", params={"after": made.json()["cursor"]})).json()["messages"]
    if after in NEXT_OF_BLOG[before]:  # type: ignore[index]
        assert moved.status_code == 200
        assert [(m["type"], m["blog"]["status"]) for m in told] == [("blog", after)]
    elif before == after != "archived":
        assert moved.status_code == 200 and moved.json() == made.json() and told == []
    else:
        assert moved.status_code == 409 and before in moved.json()["detail"] and told == []


async def test_an_archived_blog_refuses_every_write(admin: Client, blog: str) -> None:
    await a_post(admin, blog, "published")
    await admin.patch(blog, json={"status": "archived"})
    before = await unchanged(admin, blog)
    for answer in (
        await admin.post(f"{blog}/posts", json={"title": "x"}),
        await admin.post(f"{blog}/posts", json=wanted("draft")),
        await admin.post(f"{blog}/posts", json={"title": "x", **wanted("scheduled")}),
        await admin.post(f"{blog}/posts:batch", json={"posts": [{"title": "x"}]}),
        await admin.patch(f"{blog}/posts/p", json={"title": "x"}),
        await admin.delete(f"{blog}/posts/p"),
        await admin.patch(blog, json={"title": "x"}),
    ):
        assert answer.status_code == 409 and "archived" in answer.json()["detail"]
    assert await unchanged(admin, blog) == before


async def test_what_fell_due_in_the_archive_comes_out_when_the_blog_does(
    admin: Client, anybody: Client, blog: str, clock: Any, context: Dependencies
) -> None:
    await a_post(admin, blog, "scheduled")
    await admin.patch(blog, json={"status": "archived"})
    clock.turn(hours=8)
    assert await publish_due(context.store, clock) == 0
    assert (await anybody.get(f"{blog}/posts/p")).status_code == 404
    await admin.patch(blog, json={"status": "ended"})
    assert await publish_due(context.store, clock) == 1
    assert (await anybody.get(f"{blog}/posts/p")).json()["published_at"] == TIME
