"""Pages and feeds as they are answered: finished once, always of now, and what caches are told."""

from __future__ import annotations

import asyncio
import json
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import unescape

import httpx2
import pytest

from stoppress.errors import Unavailable
from stoppress.model import Cursor
from stoppress.web.cache.finished_page import FinishedPage, Key
from stoppress.web.cache.freshness import Freshness
from stoppress.web.cache.page_cache import FinishedPages
from stoppress.web.http.page_query import PageVariant

pytestmark = pytest.mark.anyio
PAGE = "/blogs/petrel"


async def test_a_page_is_the_same_bytes_until_something_changes(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One & <two>"})
    first = await anybody.get(PAGE)
    assert first.headers["content-encoding"] == "gzip"
    assert "stale-while-revalidate" in first.headers["cache-control"]
    assert first.headers["server-timing"].startswith("now;dur=")
    assert (await anybody.get(PAGE)).content == first.content
    again = await anybody.get(PAGE, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    await admin.post(f"{blog}/posts", json={"id": "two", "title": "Two"})
    then = await anybody.get(PAGE, headers={"If-None-Match": first.headers["etag"]})
    assert then.status_code == 200
    assert "post-two" in then.text


async def test_filters_and_places(admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str) -> None:
    for i in range(3):
        at = f"2031-03-09T08:0{i}:00Z"
        await admin.post(
            f"{blog}/posts", json={"id": f"p{i}", "title": "x", "published_at": at, "key": i == 1, "tags": [f"t{i}"]}
        )

    async def shown(query: str) -> list[str]:
        text = (await anybody.get(PAGE + query)).text
        return [f"p{i}" for i in range(3) if f'id="post-p{i}"' in text]

    assert await shown("?key=true") == ["p1"]
    assert await shown("?tag=t2") == ["p2"]
    assert await shown("?behind=2031-03-09T08:02:00Z,p2") == ["p0", "p1"]
    assert (await anybody.get(f"{PAGE}?behind=yesterday")).status_code == 404


@pytest.mark.slow
async def test_each_permalink_of_two_thousand_leads_to_the_page_that_holds_its_post_at_it(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    names = [f"p{i:04}" for i in range(2_007)]
    for start in range(0, len(names), 500):
        batch = [
            {"id": name, "title": name, "published_at": f"2031-03-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00Z"}
            for i, name in enumerate(names[start : start + 500], start)
        ]
        assert (await admin.post(f"{blog}/posts:batch", json={"posts": batch})).status_code == 201
    await admin.delete(f"{blog}/posts/p1000")
    names.remove("p1000")

    led: dict[str, list[str]] = {}
    for name in names:
        answer = await anybody.get(f"{PAGE}/posts/{name}")
        assert answer.status_code == 302
        page, _, mark = answer.headers["location"].partition("#")
        assert mark == f"post-{name}"
        led.setdefault(page, []).append(name)
    for page, posts in led.items():
        assert re.findall(r'<article [^>]*id="post-(\w+)"', (await anybody.get(page)).text) == posts[::-1]
    assert (await anybody.get(f"{PAGE}/posts/p1000")).status_code == 410
    assert (await anybody.get(f"{PAGE}/posts/p9999")).status_code == 404

    # The same pages, by their links from the first: each once, in order.
    walked, at = [], PAGE
    while at:
        walked.append(at)
        link = re.search(r'<a [^>]*rel="next"[^>]*>', (await anybody.get(at)).text)
        at = unescape(re.findall('href="([^"]*)"', link[0])[0]) if link else ""
    assert walked == list(led)[::-1]


async def test_the_summary_holds_a_hundred_key_events_and_the_filter_all(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    posts = [
        {
            "id": f"p{i:03}",
            "title": f"Event {i}",
            "key": True,
            "published_at": f"2031-03-09T{i // 60:02}:{i % 60:02}:00Z",
        }
        for i in range(130)
    ]
    assert (await admin.post(f"{blog}/posts:batch", json={"posts": posts})).status_code == 201
    summary = re.findall(r'<li [^>]*id="keys-(\w+)"', (await anybody.get(PAGE)).text)
    assert summary == [f"p{i:03}" for i in range(129, 29, -1)]
    shown = [
        name
        for page in range(1, 130)
        if (answer := await anybody.get(f"{PAGE}?key=true&order=oldest&page={page}")).status_code == 200
        for name in re.findall(r'<article [^>]*id="post-(\w+)"', answer.text)
    ]
    assert shown == [f"p{i:03}" for i in range(130)]


async def test_feeds_hold_the_posts_escaped_and_forget_deleted_ones(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One & <two>", "body": "<p>Wind &amp; sea</p>"})
    await admin.post(f"{blog}/posts", json={"id": "gone", "title": "Gone"})
    await admin.delete(f"{blog}/posts/gone")
    answer = await anybody.get(f"{PAGE}/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    atom = "{http://www.w3.org/2005/Atom}"
    [entry] = ET.fromstring(answer.text).findall(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == "One & <two>"
    assert entry.findtext(f"{atom}content") == "<p>Wind &amp; sea</p>"
    feed = json.loads((await anybody.get(f"{PAGE}/feed.json")).text)
    assert [(item["title"], item["url"]) for item in feed["items"]] == [
        ("One & <two>", "http://test/blogs/petrel/posts/one")
    ]
    assert (await anybody.get("/blogs/nowhere/feed.atom")).status_code == 404


async def test_the_front_leads_browsers_to_the_blogs_and_tools_to_the_documents(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert "There is no coverage yet." in (await anybody.get("/", headers=browser)).text
    fields = [{"id": "a", "status": "ended"}, {"id": "b", "title": "<b> & c"}, {"id": "c", "language": "ar"}]
    for one in fields:
        await admin.post("/v1/blogs", json={"title": f"Blog {one['id']}", **one})
    page = await anybody.get("/", headers=browser)
    assert page.headers["content-type"].startswith("text/html") and page.headers["vary"].startswith("Accept,")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    places = [page.text.index(f'href="/blogs/{name}"') for name in "bca"]
    assert places == sorted(places), "what is live stands first"
    assert "&lt;b&gt; &amp; c" in page.text and 'lang="ar" dir="rtl"' in page.text
    told = (await anybody.get("/")).json()
    assert (told["blogs"], told["docs"], told["openapi"]) == ("/v1/blogs", "/docs", "/openapi.json")
    for path in ("/v1/blogs", "/docs", "/openapi.json", "/asyncapi.json"):
        assert path in told.values() and (await anybody.get(path)).status_code == 200


async def test_the_front_has_pages_of_a_hundred(admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient) -> None:
    for i in range(101):
        await admin.post("/v1/blogs", json={"id": f"b{i:03}", "title": "x"})
    browser = {"Accept": "text/html"}
    first = (await anybody.get("/", headers=browser)).text
    [after] = re.findall(r'<a rel="next" href="([^"]+)"', first)
    second = (await anybody.get(after, headers=browser)).text
    assert (first.count("/blogs/b"), second.count("/blogs/b"), "b100" in second) == (100, 1, True)
    wrong = await anybody.get("/?page=!", headers=browser)
    assert wrong.status_code == 404 and "<h1" in wrong.text and wrong.headers["cache-control"] == "no-store"
    tool = await anybody.get("/?page=!")
    assert tool.status_code == 400 and tool.json()["errors"][0]["parameter"] == "page"
    assert (await anybody.get("/?utm_source=x", headers=browser)).status_code == 200


def finished(cursor: Cursor, size: int = 500, *, began: float = 0.0) -> FinishedPage:
    return FinishedPage("/blogs/{blog}", "petrel", cursor, "x" * size, {"content-type": "text/html"}, began=began)


async def test_the_cache_keeps_to_its_bytes_and_lets_the_oldest_go() -> None:
    answers = FinishedPages(3 * finished(Cursor("e", 1)).size)

    def key(name: str) -> Key:
        return Key(f"/blogs/{name}", PageVariant(), "http://here")

    async def make() -> FinishedPage:
        return finished(Cursor("e", 1))

    for name in "abcd":
        await answers.of(key(name), Cursor("e", 1), make)
        assert answers.get(key("a"))
    assert answers.bytes <= 3 * finished(Cursor("e", 1)).size
    assert [name for name in "abcd" if answers.get(key(name))] == ["a", "c", "d"]

    async def make_huge() -> FinishedPage:
        return finished(Cursor("e", 1), 50_000_000)

    assert (await answers.of(key("huge"), Cursor("e", 1), make_huge)).form({}).body
    assert answers.bytes == 0


async def test_of_those_who_want_what_is_not_there_one_makes_it() -> None:
    answers = FinishedPages(1_000_000)
    key = Key("/blogs/petrel", PageVariant(), "http://here")
    made = 0
    gate = asyncio.Event()

    async def make() -> FinishedPage:
        nonlocal made
        made += 1
        began = time.monotonic()
        await gate.wait()
        return finished(Cursor("e", made), began=began)

    first = asyncio.create_task(answers.of(key, Cursor("e", 1), make))
    same = [asyncio.create_task(answers.of(key, Cursor("e", 1), make)) for _ in range(20)]
    await asyncio.sleep(0)
    # They have heard of a later state than the one that is being made, and what is made for one of them is for all.
    later = [asyncio.create_task(answers.of(key, Cursor("e", 2), make)) for _ in range(20)]
    await asyncio.sleep(0)
    gate.set()
    assert (await first).cursor.sequence == 1
    assert {(await one).cursor.sequence for one in same} == {1}
    assert {(await one).cursor.sequence for one in later} == {2}
    assert made == 2


async def test_those_who_ask_together_share_a_question_asked_after_they_came() -> None:
    asked: list[list[str]] = []
    began, gate = asyncio.Event(), asyncio.Event()

    async def read(blogs: Sequence[str]) -> dict[str, Cursor | None]:
        asked.append(list(blogs))
        began.set()
        mine = len(asked)
        await gate.wait()
        return {blog: Cursor("e", mine) for blog in blogs}

    heads = Freshness(read)
    first = asyncio.create_task(heads.cursor("petrel"))
    await began.wait()
    rest = [asyncio.create_task(heads.cursor(blog)) for blog in ("petrel", "tern") for _ in range(20)]
    gone = asyncio.create_task(heads.cursor("petrel"))
    await asyncio.sleep(0)
    gone.cancel()
    gate.set()
    assert await first == Cursor("e", 1)
    # They came after the first question was asked, so its answer is not theirs.
    assert {await one for one in rest} == {Cursor("e", 2)}
    assert asked == [["petrel"], ["petrel", "tern"]]


async def test_a_store_that_can_not_be_asked_is_told_to_all_and_asked_again() -> None:
    refusals = [Unavailable("down")]

    async def read(blogs: Sequence[str]) -> dict[str, Cursor | None]:
        if refusals:
            raise refusals.pop()
        return dict.fromkeys(blogs, None)

    heads = Freshness(read)
    outcomes = await asyncio.gather(*(heads.cursor("petrel") for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert await heads.cursor("petrel") is None
