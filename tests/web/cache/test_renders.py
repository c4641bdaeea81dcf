"""How many pages are rendered, where, and how many may wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from stoppress.render.blog_html import Markup
from stoppress.web.cache.renders import AT_ONCE, WAITING_MAX
from stoppress.web.dependencies import Dependencies
from stoppress.web.routes import site
from web.checks import CLIENT, client_files

pytestmark = pytest.mark.anyio
PAGE = "/blogs/petrel"


class WatchedMarkup(Markup):
    """Notes each rendering of a page: its filter, and the thread."""

    def __init__(self) -> None:
        super().__init__("/client/abc")
        self.rendered: list[tuple[str, threading.Thread]] = []

    def page(self, *args: Any, **given: Any) -> str:
        self.rendered.append((given["filter"], threading.current_thread()))
        return super().page(*args, **given)


@pytest.fixture
def markup() -> WatchedMarkup:
    return WatchedMarkup()


@pytest.fixture
async def reader(context: Dependencies, markup: WatchedMarkup, blog: str) -> AsyncIterator[httpx2.AsyncClient]:
    application = site(replace(context, markup=markup), client=client_files(), pictures=CLIENT, live=[])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(application), base_url="http://test") as client:
        yield client


async def test_ten_requests_for_one_variant_render_it_once(reader: httpx2.AsyncClient, markup: WatchedMarkup) -> None:
    queries = [f"?x={i}&utm_source={i}&order=newest" for i in range(10)]
    answers = await asyncio.gather(*(reader.get(PAGE + query) for query in queries))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert [filter for filter, _ in markup.rendered] == [""]


async def test_pages_are_rendered_outside_the_event_loop_in_one_thread(
    reader: httpx2.AsyncClient, markup: WatchedMarkup
) -> None:
    tags = [f"tag:t{i}" for i in range(5)]
    await asyncio.gather(*(reader.get(f"{PAGE}?tag={tag[4:]}") for tag in tags))
    assert sorted(filter for filter, _ in markup.rendered) == tags
    threads = {thread for _, thread in markup.rendered}
    assert len(threads) == 1 and threading.main_thread() not in threads


async def test_when_too_many_pages_wait_a_new_variant_is_503_and_finished_pages_are_answered(
    reader: httpx2.AsyncClient, context: Dependencies
) -> None:
    finished = await reader.get(PAGE)
    go_on = asyncio.Event()
    renders = context.page_cache.renders
    waiting = [asyncio.create_task(renders.make(go_on.wait)) for _ in range(AT_ONCE + WAITING_MAX)]
    await asyncio.sleep(0)  # each has asked
    refused = await reader.get(f"{PAGE}?tag=t")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert "text/html" in refused.headers["content-type"]
    assert (await reader.get(PAGE)).content == finished.content
    go_on.set()
    assert all(await asyncio.gather(*waiting))
    assert (await reader.get(f"{PAGE}?tag=t")).status_code == 200


async def test_few_pages_are_made_at_a_time(context: Dependencies) -> None:
    now = most = 0

    async def make() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    await asyncio.gather(*(context.page_cache.renders.make(make) for _ in range(20)))
    assert most == AT_ONCE
