"""What a newsroom's tool may send by mistake, or somebody on purpose, and must not get into a page."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from web.checks import errors, unchanged

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient
TOMORROW = "2031-05-05T12:00:00Z"
NOW = "2031-05-04T12:00:00Z"

# Nothing to see


EMPTY: list[dict[str, Any]] = [
    {},
    {"title": "  ", "body": " \n "},
    {"body": "<p>&nbsp;</p>"},
    {"body": "<!-- a note -->"},
    {"tags": ["sea"], "byline": "By A", "key": True},
]


@pytest.mark.parametrize("content", EMPTY)
async def test_an_empty_post_is_not_published_but_may_be_a_draft(admin: Client, blog: str, content: Any) -> None:
    before = await unchanged(admin, blog)
    refused = await admin.post(f"{blog}/posts", json=content)
    assert refused.status_code == 422
    assert "needs a title, a body with something to see, media or links" in errors(refused)["/body"]
    later = await admin.post(f"{blog}/posts", json={**content, "status": "scheduled", "publish_at": TOMORROW})
    assert later.status_code == 422 and "/body" in errors(later)
    draft = await admin.post(f"{blog}/posts", json={**content, "id": "d", "status": "draft"})
    assert draft.status_code == 201
    out = await admin.patch(f"{blog}/posts/d", json={"status": "published"})
    assert out.status_code == 422 and "/body" in errors(out)
    assert await unchanged(admin, blog) == before


async def test_an_id_or_a_time_without_text_puts_up_a_place_for_what_is_to_come(admin: Client, blog: str) -> None:
    for content in ({"id": "live-video"}, {"published_at": "2031-05-04T12:00:00Z", "status": "published"}):
        assert (await admin.post(f"{blog}/posts", json=content)).status_code == 201
    assert (await admin.patch(f"{blog}/posts/live-video", json={"pinned": True})).status_code == 200
    assert (await admin.post(f"{blog}/posts", json={"id": "b", "body": " "})).status_code == 422


async def test_a_field_that_there_is_not_can_not_be_taken_away_either(admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "p", "title": "The gate"})
    for path in (f"{blog}/posts/p", blog):
        for name in ("titel", ""):
            refused = await admin.patch(path, json={name: None})
            assert refused.status_code == 422 and list(errors(refused)) == [f"/{name}"]
    assert (await admin.patch(f"{blog}/posts/p", json={"byline": None})).status_code == 200


async def test_a_published_post_can_not_be_emptied(admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "p", "title": "The gate"})
    refused = await admin.patch(f"{blog}/posts/p", json={"title": None})
    assert refused.status_code == 422 and "/body" in errors(refused)
    assert (await admin.patch(f"{blog}/posts/p", json={"title": None, "body": "It holds."})).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        {"title": "One line"},
        {"body": "<p>.</p>"},
        {"body": '<p><img src="/a.webp"></p>'},
        {"media": [{"type": "image", "url": "/a.webp"}]},
        {"links": [{"url": "/story", "title": "The whole story"}]},
    ],
)
async def test_anything_to_see_is_enough(admin: Client, blog: str, content: Any) -> None:
    assert (await admin.post(f"{blog}/posts", json=content)).status_code == 201


# What null takes away


async def test_a_status_is_not_taken_away(admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "d", "title": "Not yet", "status": "draft"})
    await admin.post(f"{blog}/posts", json={"id": "gone", "title": "Gone"})
    await admin.delete(f"{blog}/posts/gone")
    await admin.patch(blog, json={"status": "ended"})
    before = await unchanged(admin, blog)
    for path in (f"{blog}/posts/d", blog):
        refused = await admin.patch(path, json={"status": None})
        assert refused.status_code == 422 and "got null" in errors(refused)["/status"]
    assert (await admin.patch(f"{blog}/posts/gone", json={"status": None})).status_code == 410
    assert await unchanged(admin, blog) == before


async def test_null_takes_the_others_back_to_their_default(admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "p", "title": "T", "body": "b", "key": True, "tags": ["sea"]})
    cleared = await admin.patch(f"{blog}/posts/p", json={"body": None, "key": None, "tags": None, "pinned": None})
    post = cleared.json()["post"]
    assert (post["body"], post["key"], post["tags"], post["pinned"]) == ("", False, [], False)
    timeless = await admin.patch(f"{blog}/posts/p", json={"published_at": None})
    assert timeless.status_code == 422 and "got null" in errors(timeless)["/published_at"]
    untitled = await admin.patch(blog, json={"title": None})
    assert untitled.status_code == 422 and "/title" in errors(untitled)


# Times to come


async def test_a_blog_was_updated_now_at_the_latest(admin: Client, blog: str, clock: Any) -> None:
    made = await admin.post("/v1/blogs", json={"id": "b", "title": "B", "updated_at": TOMORROW})
    assert made.json()["blog"]["updated_at"] == NOW
    await admin.patch("/v1/blogs/b", json={"updated_at": TOMORROW})
    await admin.post("/v1/blogs/b/posts", json={"id": "p", "title": "T", "updated_at": TOMORROW})
    edited = await admin.patch("/v1/blogs/b/posts/p", json={"title": "U", "updated_at": TOMORROW})
    assert edited.json()["post"]["updated_at"] == TOMORROW, "the time shown with a post is its editors' business"
    assert (await admin.get("/v1/blogs/b")).json()["updated_at"] == NOW
    clock.turn(minutes=5)
    await admin.patch("/v1/blogs/b/posts/p", json={"title": "V"})
    assert (await admin.get("/v1/blogs/b")).json()["updated_at"] == "2031-05-04T12:05:00Z"


async def test_a_post_dated_ahead_does_not_stick_on_the_blog(admin: Client, blog: str, clock: Any) -> None:
    ahead = {"title": "Tomorrow", "published_at": TOMORROW, "updated_at": TOMORROW}
    assert (await admin.post(f"{blog}/posts", json=ahead)).status_code == 201
    assert (await admin.post(f"{blog}/posts:batch", json={"posts": [ahead]})).status_code == 201
    assert (await admin.get(blog)).json()["updated_at"] == NOW
    clock.turn(minutes=5)
    await admin.post(f"{blog}/posts", json={"title": "Now"})
    assert (await admin.get(blog)).json()["updated_at"] == "2031-05-04T12:05:00Z"


# Characters that are not what they look like


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"title": "invoice\u202efdp.exe"}, "/title"),
        ({"title": "x", "byline": "By \u202dA"}, "/byline"),
        ({"body": "<p>a\u202eb</p>"}, "/body"),
        ({"body": "<p>a&#x202e;b</p>"}, "/body"),
        ({"body": "<p>&#7;</p>"}, "/body"),
        ({"title": "x", "correction": "a\u0000b"}, "/correction"),
        ({"title": "x", "authors": [{"name": "\u202eA"}]}, "/authors/0/name"),
    ],
)
async def test_text_is_not_turned_around_and_has_no_controls(
    admin: Client, blog: str, content: Any, pointer: str
) -> None:
    refused = await admin.post(f"{blog}/posts", json=content)
    assert refused.status_code == 422 and "but got U+" in errors(refused)[pointer]


async def test_arabic_keeps_its_marks_and_windows_its_lines(admin: Client, blog: str) -> None:
    title = "\u2067\u0627\u0644\u0628\u062d\u0631\u2069 Gate 7\u200f"
    made = await admin.post(f"{blog}/posts", json={"title": title, "body": "a\r\nb", "notes": "c\r\nd"})
    post = made.json()["post"]
    assert (post["title"], post["body"], post["notes"]) == (title, "a\nb", "c\nd")
