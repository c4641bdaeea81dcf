"""The history of a post: its revisions, in pages."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

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


async def whole(client: Client, path: str, query: str) -> tuple[list[dict[str, Any]], list[int]]:
    """The revisions of every page, and the number of bytes of each page."""
    lines: list[dict[str, Any]] = []
    sizes = []
    page: str | None = ""
    while page is not None:
        answer = await client.get(f"{path}?{query}{page and f'&page={page}'}")
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
