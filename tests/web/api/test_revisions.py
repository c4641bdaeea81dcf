"""The history of a post: its revisions, in pages, and which of them fold into one."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import redis as blocking_redis

from stoppress.token_secrets import new_token
from stoppress.web.dependencies import Dependencies

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient


async def edited(admin: Client, blog: str, clock: Any, count: int, body: str = "<p>x</p>") -> str:
    """A draft with so many revisions, made a minute apart; the path of its history."""
    path = f"{blog}/posts/p"
    await admin.post(f"{blog}/posts", json={"id": "p", "title": "1", "body": body, "status": "draft"})
    for number in range(2, count + 1):
        clock.turn(minutes=1)
        answer = await admin.patch(path, json={"title": str(number)})
        assert answer.json()["post"]["revision"] == number
    return f"{path}/revisions"


async def whole(
    client: Client, path: str, query: str, headers: dict[str, str] | None = None
) -> tuple[list[dict[str, Any]], list[int]]:
    """The revisions of every page, and the number of bytes of each page."""
    lines: list[dict[str, Any]] = []
    sizes = []
    page: str | None = ""
    while page is not None:
        answer = await client.get(f"{path}?{query}{page and f'&page={page}'}", headers=headers)
        assert answer.status_code == 200
        lines += answer.json()["revisions"]
        sizes.append(len(answer.content))
        page = answer.json()["next"]
    return lines, sizes


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
async def test_the_history_comes_in_pages_from_either_end(admin: Client, blog: str, clock: Any, limit: int) -> None:
    path = await edited(admin, blog, clock, 7)
    oldest, sizes = await whole(admin, path, f"limit={limit}")
    assert [line["revision"] for line in oldest] == [1, 2, 3, 4, 5, 6, 7]
    assert len(sizes) == -(-7 // limit)
    assert [line["changed"] for line in oldest] == [["body", "title"], *[["title"]] * 6]
    newest, _ = await whole(admin, path, f"limit={limit}&order=newest")
    assert newest == oldest[::-1]


async def test_a_page_stays_in_place_while_revisions_are_made(admin: Client, blog: str, clock: Any) -> None:
    path = await edited(admin, blog, clock, 4)
    first = (await admin.get(f"{path}?limit=2&order=newest")).json()
    await admin.patch(f"{blog}/posts/p", json={"title": "5", "status": "published"})
    second = (await admin.get(f"{path}?limit=2&order=newest&page={first['next']}")).json()
    assert [line["revision"] for line in first["revisions"] + second["revisions"]] == [4, 3, 2, 1]
    assert second["next"] is None


async def test_no_answer_has_more_than_2_mib(admin: Client, blog: str, clock: Any) -> None:
    path = await edited(admin, blog, clock, 40, "ü" * 99_000)
    for query in ("order=oldest", "order=newest"):
        lines, sizes = await whole(admin, path, query)
        assert len(lines) == 40
        assert max(sizes) <= 2 * 1024**2
        assert len(sizes) <= 9  # about 1 MB each
    assert len((await admin.get(path)).content) <= 2 * 1024**2


async def test_an_answer_has_at_most_100_revisions(admin: Client, blog: str, clock: Any) -> None:
    path = await edited(admin, blog, clock, 103)
    first = (await admin.get(path)).json()
    assert [line["revision"] for line in first["revisions"]] == list(range(1, 101))
    second = (await admin.get(f"{path}?page={first['next']}")).json()
    assert [line["revision"] for line in second["revisions"]] == [101, 102, 103] and second["next"] is None


async def test_wrong_pages_are_named(admin: Client, blog: str, clock: Any) -> None:
    path = await edited(admin, blog, clock, 3)
    newest = (await admin.get(f"{path}?limit=1&order=newest")).json()["next"]
    of_posts = (await admin.get(f"{blog}/posts?limit=1")).json()["next"] or "AAAA"
    for query in ("page=x", f"page={of_posts}", f"page={newest}", "limit=101", "limit=0", "order=up", "before=3"):
        refused = await admin.get(f"{path}?{query}")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameter"] == query.partition("=")[0]


# Folding


async def desk(context: Dependencies, name: str) -> dict[str, str]:
    """The headers of a new token with this name, which may publish and read drafts."""
    record, text = new_token(name, ["publish", "read"], [], None, context.clock())
    await context.tokens.add(record)
    return {"Authorization": f"Bearer {text}"}


async def kept(client: Client, blog: str, headers: dict[str, str]) -> list[tuple[int, str]]:
    """The revisions in the history of the post `p`: their numbers and titles."""
    lines = (await client.get(f"{blog}/posts/p/revisions", headers=headers)).json()["revisions"]
    assert all(line["revision"] == line["post"]["revision"] for line in lines)
    return [(line["revision"], line["post"]["title"]) for line in lines]


async def draft(client: Client, blog: str, headers: dict[str, str], **fields: object) -> None:
    content = {"id": "p", "title": "1", "status": "draft", **fields}
    assert (await client.post(f"{blog}/posts", json=content, headers=headers)).status_code == 201


async def test_edits_of_a_draft_with_one_token_within_a_minute_fold(
    anybody: Client, blog: str, clock: Any, context: Dependencies
) -> None:
    ada = await desk(context, "Ada")
    await draft(anybody, blog, ada)
    for number in range(2, 20):
        answer = await anybody.patch(f"{blog}/posts/p", json={"title": str(number)}, headers=ada)
        assert answer.json()["post"]["revision"] == number
        assert answer.headers["etag"] == f'"{number}"'
        clock.turn(seconds=10)
    # One revision a minute, and the first and the last.
    assert await kept(anybody, blog, ada) == [(1, "1"), (7, "7"), (13, "13"), (19, "19")]
    path = f"{blog}/posts/p/revisions"
    lines = (await anybody.get(path, headers=ada)).json()["revisions"]
    assert [line["changed"] for line in lines] == [["title"]] * 4
    assert lines[1]["at"] == "2031-05-04T12:00:50Z"
    assert (await anybody.post(f"{path}/8/restore", headers=ada)).status_code == 404
    stale = await anybody.patch(f"{blog}/posts/p", json={"title": "x"}, headers={**ada, "If-Match": '"18"'})
    assert stale.status_code == 412 and stale.json()["current"]["revision"] == 19
    assert (await anybody.post(f"{path}/7/restore", headers=ada)).json()["post"]["revision"] == 20
    for limit in (1, 2):
        oldest, _ = await whole(anybody, path, f"limit={limit}", ada)
        assert [line["revision"] for line in oldest] == [1, 7, 13, 19, 20]
        newest, _ = await whole(anybody, path, f"limit={limit}&order=newest", ada)
        assert newest == oldest[::-1]


async def test_200_edits_of_a_long_draft_take_little_memory(admin: Client, blog: str, valkey_url: str) -> None:
    await draft(admin, blog, {}, body="x" * 99_000)
    for number in range(2, 202):
        await admin.patch(f"{blog}/posts/p", json={"title": str(number)})
    with blocking_redis.Redis.from_url(valkey_url) as client:
        assert client.memory_usage("stoppress:{petrel}:history:p", samples=0) < 400_000  # before: 20 MB


async def test_a_revision_of_another_token_is_kept(anybody: Client, blog: str, context: Dependencies) -> None:
    # Two tokens may have the same name.
    ada, ben = await desk(context, "desk"), await desk(context, "desk")
    await draft(anybody, blog, ada)
    for number, who in enumerate((ada, ada, ben, ben, ada), 2):
        await anybody.patch(f"{blog}/posts/p", json={"title": str(number)}, headers=who)
    assert await kept(anybody, blog, ada) == [(1, "1"), (3, "3"), (5, "5"), (6, "6")]


async def test_what_readers_saw_and_every_move_is_kept(anybody: Client, blog: str, context: Dependencies) -> None:
    ada = await desk(context, "Ada")
    await draft(anybody, blog, ada)
    due = {"status": "scheduled", "publish_at": "2031-05-04T13:00:00Z"}
    for patch in (
        {"title": "2"},
        {"title": "3", **due},
        {"title": "4"},
        {"title": "5"},
        {"title": "6", "status": "draft", "publish_at": None},
        {"title": "7", "status": "published", "publish_at": None},
        {"title": "8"},
        {"title": "9"},
    ):
        answer = await anybody.patch(f"{blog}/posts/p", json=patch, headers=ada)
        assert answer.status_code == 200
    expected = [(1, "1"), (2, "2"), (3, "3"), (5, "5"), (6, "6"), (7, "7"), (8, "8"), (9, "9")]
    assert await kept(anybody, blog, ada) == expected


async def test_a_restored_revision_and_what_it_replaced_are_kept_and_a_retry_gets_its_answer(
    anybody: Client, blog: str, context: Dependencies
) -> None:
    ada = await desk(context, "Ada")
    await draft(anybody, blog, ada)
    for title in ("2", "3"):
        await anybody.patch(f"{blog}/posts/p", json={"title": title}, headers=ada)
    restore, key = f"{blog}/posts/p/revisions/1/restore", {**ada, "Idempotency-Key": "back"}
    first = await anybody.post(restore, headers=key)
    assert first.json()["post"]["revision"] == 4
    for title in ("5", "6"):
        await anybody.patch(f"{blog}/posts/p", json={"title": title}, headers=ada)
    assert await kept(anybody, blog, ada) == [(1, "1"), (3, "3"), (4, "1"), (6, "6")]
    again = await anybody.post(restore, headers=key)
    assert again.text == first.text and again.headers["idempotent-replayed"] == "true"


async def test_a_revision_that_an_older_version_wrote_is_kept(admin: Client, blog: str, valkey_url: str) -> None:
    """A process of version 0.1 at the same store appends to the history and leaves the marks of folding alone."""
    await draft(admin, blog, {})
    await admin.patch(f"{blog}/posts/p", json={"title": "2"})
    with blocking_redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        history = "stoppress:{petrel}:history:p"
        later = str(client.lindex(history, -1)).replace('"revision":2', '"revision":3')
        later = later.replace('"title":"2"', '"title":"3"')
        client.rpush(history, later)
        client.hset("stoppress:{petrel}:revision", "p", 3)
        client.hset("stoppress:{petrel}:drafts", "p", later[later.index('"post":') + 7 : -1])
    await admin.patch(f"{blog}/posts/p", json={"title": "4"})
    assert await kept(admin, blog, {}) == [(1, "1"), (2, "2"), (3, "3"), (4, "4")]
