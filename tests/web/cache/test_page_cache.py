"""What a finished page is kept under: the page that a query asks for, not how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoppress.model import Cursor
from stoppress.settings import Settings
from stoppress.web.cache.finished_page import FinishedPage, Key
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.dependencies import Dependencies
from stoppress.web.http import page_query

PAGE, FEED = "/blogs/petrel", "/blogs/petrel/feed.atom"


async def no_heads(blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
    return {}


def key(query: str | bytes, path: str = PAGE, **settings: str) -> Key | None:
    cache = PageCache(Settings(**settings), no_heads)  # type: ignore[arg-type]
    raw = query.encode() if isinstance(query, str) else query
    return cache.key({"path": path, "query_string": raw, "scheme": "http"}, {b"host": b"live.example"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "utm_source=x&utm_medium=mail"),
        ("", "&"),
        ("", "order=newest&key=false&tag="),
        ("order=oldest&page=2", "page=2&order=oldest"),
        ("page=7", "page=007&fbclid=abc"),
        ("page=7", "page=3&page=7"),
        ("tag=s%C3%BC%C3%9F", "tag=s%c3%bc%c3%9f"),
        ("tag=red+sea", "%74ag=red%20sea"),
        ("key=true", "tag=sea&key=true"),
        ("behind=2031-05-04T10:00:00Z,a", "behind=2031-05-04T12:00:00%2B02:00,a&page=4"),
    ],
)
def test_queries_that_mean_the_same_page_share_one_key(one: str, other: str) -> None:
    assert key(one) is not None
    assert key(one) == key(other)
    assert hash(key(one)) == hash(key(other))


def test_pages_that_differ_have_keys_of_their_own() -> None:
    queries = ["", "order=oldest", "page=1", "page=2", "key=true", "tag=a", "tag=A", "behind=2031-05-04T10:00:00Z,a"]
    assert len({key(query) for query in queries}) == len(queries)
    assert key("") != key("", "/blogs/other")
    assert key("", public_url="https://live.example") != key("")


@pytest.mark.parametrize(
    "query", ["page=abc", "page=0", "page=", "order=sideways", "key=yes", "behind=x", "behind=2031-05-04T10:00:00,a"]
)
def test_a_wrong_value_has_no_key(query: str) -> None:
    assert key(query) is None
    assert key(f"utm_source=x&{query}") is None


def test_a_feed_has_no_parameters() -> None:
    assert key("", FEED) == key("page=2&utm_source=x&order=sideways", FEED) != key("")


@pytest.mark.parametrize(
    ("origins", "vary", "allow"),
    [("*", b"Accept-Encoding", b"*"), ("https://news.example", b"Accept-Encoding, Origin", None)],
)
def test_a_finished_page_says_who_may_read_it(origins: str, vary: bytes, allow: bytes | None) -> None:
    cache = PageCache(Settings(origins=origins), no_heads)
    page = FinishedPage("/blogs/{blog}", "petrel", Cursor("e", 1), "text", cache.headers, began=0.0)
    for asked in ({}, {b"if-none-match": b'"e.1"'}):
        headers = dict(page.form(asked).headers)
        assert (headers[b"vary"], headers.get(b"access-control-allow-origin")) == (vary, allow)


@given(st.binary(max_size=80))
def test_any_query_has_a_key_or_none(query: bytes) -> None:
    key(query)


@pytest.mark.slow
def test_what_is_remembered_of_queries_is_bounded() -> None:
    for i in range(3_000):
        key(f"utm_id={i}")
    before = page_query.remembered.cache_info()
    assert before.currsize <= 1_024
    for i in range(10):
        assert key(f"utm_id={i}" + "x" * 2_000) == key("")
    assert page_query.remembered.cache_info().misses == before.misses


@pytest.mark.anyio
@pytest.mark.parametrize("path", [PAGE, FEED])
async def test_a_thousand_links_of_others_make_one_page(
    anybody: httpx2.AsyncClient, context: Dependencies, blog: str, path: str
) -> None:
    first = await anybody.get(path)
    size = context.page_cache.answers.bytes
    assert first.status_code == 200 and size > 0
    for i in range(1_000):
        answer = await anybody.get(f"{path}?utm_campaign={i}&fbclid={i}")
        assert answer.content == first.content
    assert context.page_cache.answers.bytes == size
    await anybody.get(f"{PAGE}?utm_source=x&order=oldest")
    assert context.page_cache.answers.bytes > size


@pytest.mark.anyio
async def test_a_wrong_value_is_a_page_that_is_not_there_and_is_not_kept(
    anybody: httpx2.AsyncClient, context: Dependencies, blog: str
) -> None:
    for query in ("page=abc", "order=sideways", "page=9999", "key=yes"):
        answer = await anybody.get(f"{PAGE}?{query}")
        assert answer.status_code == 404 and "<h1" in answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert context.page_cache.answers.bytes == 0
