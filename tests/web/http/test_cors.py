"""CORS on every route: what pages of other origins may read, errors too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stoppress.web.cache.page_cache import PageCache
from stoppress.web.dependencies import Dependencies
from stoppress.web.routes import site
from web.checks import CLIENT, Client, client_files

pytestmark = pytest.mark.anyio

PAGE = "https://news.example"
ELSEWHERE = "https://elsewhere.example"
ALLOW, EXPOSE = "access-control-allow-origin", "access-control-expose-headers"
READ_BY_PAGES = [
    ("/blogs/petrel", 200),
    ("/blogs/petrel?page=9", 404),
    ("/blogs/nope", 404),
    ("/v1/blogs/petrel", 200),
    ("/v1/blogs/petrel/posts", 200),
    ("/v1/blogs/petrel/changes", 200),
    ("/v1/blogs/petrel/changes?after=nonsense", 400),
    ("/v1/blogs/nope/changes", 404),
    ("/media/none.jpg", 404),
    ("/nowhere", 404),
    ("/readyz", 503),
    ("/bug", 500),
]


def not_ready() -> bool:
    return False


async def bug(request: Request) -> Response:
    raise RuntimeError("nobody foresaw this")


def client_of(context: Dependencies, origins: str) -> Client:
    settings = context.settings.model_copy(update={"origins": origins})
    there = replace(
        context, settings=settings, page_cache=PageCache(settings, context.page_cache.freshness.read), ready=not_ready
    )
    application = site(there, client=client_files(), pictures=CLIENT, live=[Route("/bug", bug)])
    transport = httpx2.ASGITransport(application, raise_app_exceptions=False)
    return Client(transport=transport, base_url="http://live.example")


@pytest.fixture
async def chosen(context: Dependencies, blog: str) -> AsyncIterator[Client]:
    """A server whose setting names one origin, not in normal form."""
    async with client_of(context, "https://News.example:443/") as client:
        yield client


@pytest.fixture
async def anywhere(context: Dependencies, blog: str) -> AsyncIterator[Client]:
    """A server with the default, any origin."""
    async with client_of(context, "*") as client:
        yield client


def vary(answer: httpx2.Response) -> list[str]:
    return [name.strip().lower() for name in answer.headers.get("vary", "").split(",")]


@pytest.mark.parametrize(("path", "status"), READ_BY_PAGES)
async def test_a_page_of_an_origin_that_is_named_reads_every_answer(chosen: Client, path: str, status: int) -> None:
    answer = await chosen.get(path, headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers[ALLOW]) == (status, PAGE)
    assert {"ETag", "Retry-After", "Server-Timing", "Stoppress-Cursor"} == set(answer.headers[EXPOSE].split(", "))
    for origin in (PAGE, ELSEWHERE, None):
        answer = await chosen.get(path, headers={"Origin": origin} if origin else {})
        assert vary(answer).count("origin") == 1
        assert answer.headers.get(ALLOW) == (PAGE if origin == PAGE else None)
    same_host = await chosen.get(path, headers={"Origin": "http://live.example"})
    assert same_host.headers[ALLOW] == "http://live.example"


@pytest.mark.parametrize(("path", "status"), READ_BY_PAGES)
async def test_where_all_origins_may_caches_need_one_answer(anywhere: Client, path: str, status: int) -> None:
    for headers in ({}, {"Origin": PAGE}):
        answer = await anywhere.get(path, headers=headers)
        assert (answer.status_code, answer.headers[ALLOW]) == (status, "*")
        assert "origin" not in vary(answer)


@pytest.mark.parametrize("kind", ["atom", "json"])
async def test_a_feed_is_open_to_the_origins_of_the_setting_alone(chosen: Client, kind: str) -> None:
    for origin, allowed in ((PAGE, PAGE), (ELSEWHERE, None), (None, None), (PAGE, PAGE)):
        headers = {"Origin": origin} if origin else {}
        answer = await chosen.get(f"/blogs/petrel/feed.{kind}", headers=headers)
        assert (answer.status_code, answer.headers.get(ALLOW)) == (200, allowed)
        assert "origin" in vary(answer)


@pytest.mark.parametrize("kind", ["atom", "json"])
async def test_a_feed_is_open_to_every_origin_by_default(anywhere: Client, kind: str) -> None:
    for headers in ({"Origin": ELSEWHERE}, {}):
        answer = await anywhere.get(f"/blogs/petrel/feed.{kind}", headers=headers)
        assert (answer.status_code, answer.headers[ALLOW]) == (200, "*")
        assert "origin" not in vary(answer)


async def test_a_preflight_is_answered_by_the_same_rule(chosen: Client, anywhere: Client) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    answer = await chosen.options("/v1/blogs/petrel/changes", headers=asked)
    assert (answer.status_code, answer.content, answer.headers[ALLOW]) == (204, b"", PAGE)
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert "origin" in vary(answer)
    refused = await chosen.options("/v1/blogs/petrel/changes", headers=asked | {"Origin": ELSEWHERE})
    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")
    assert ALLOW not in refused.headers and "origin" in vary(refused)
    assert (await anywhere.options("/blogs/petrel", headers=asked)).headers[ALLOW] == "*"


async def test_options_without_an_origin_is_an_ordinary_request(anywhere: Client) -> None:
    assert (await anywhere.options("/v1/blogs/petrel")).status_code == 405


async def test_the_client_s_modules_are_for_every_page(chosen: Client, context: Dependencies) -> None:
    for path in ("/client/embed.js", f"{context.client_path}/live.js"):
        for origin in (PAGE, ELSEWHERE):
            answer = await chosen.get(path, headers={"Origin": origin})
            assert (answer.status_code in (200, 302), answer.headers[ALLOW]) == (True, "*")
