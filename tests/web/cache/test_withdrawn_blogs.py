"""Pages of a blog that is no longer public leave the memory from which they would come while the store is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

import httpx2
import pytest

from stoppress.errors import Unavailable
from stoppress.model import Cursor
from stoppress.token_scopes import OPERATOR
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.dependencies import Dependencies
from stoppress.web.routes import site
from web.checks import CLIENT, client_files
from web.conftest import ADMIN

pytestmark = pytest.mark.anyio
PAGES = ("/", "/blogs/petrel", "/blogs/petrel?order=oldest", "/blogs/petrel/feed.atom", "/blogs/petrel/feed.json")


class Server:
    """A process whose store can go away."""

    def __init__(self, context: Dependencies) -> None:
        self.away = 0.0
        self._read = context.page_cache.freshness.read
        self.cache = PageCache(context.settings, self._heads, away=lambda: self.away)
        context = replace(context, page_cache=self.cache, store_away=lambda: self.away)
        transport = httpx2.ASGITransport(site(context, client=client_files(), pictures=CLIENT, live=[]))
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://test", headers={"Accept": "text/html"})
        self.blogs = context.blogs

    async def _heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        if self.away:
            raise Unavailable("the store is away")
        return await self._read(blogs)

    async def statuses(self) -> list[int]:
        return [(await self.client.get(path)).status_code for path in PAGES]


@pytest.fixture
async def server(context: Dependencies, blog: str) -> AsyncIterator[Server]:
    server = Server(context)
    async with server.client:
        assert await server.statuses() == [200] * 5
        yield server


async def test_pages_of_a_public_blog_come_from_memory(server: Server) -> None:
    await server.cache.forget_withdrawn()
    server.away = 1.0
    assert await server.statuses() == [200] * 5


@pytest.mark.parametrize("withdrawn", ["private", "deleted"])
async def test_a_process_notices_what_others_withdraw(server: Server, withdrawn: str) -> None:
    if withdrawn == "private":
        await server.blogs.edit("petrel", {"visibility": "private"}, OPERATOR)
    else:
        await server.blogs.delete("petrel", OPERATOR)
    await server.cache.forget_withdrawn()
    server.away = 1.0
    assert await server.statuses() == [503] * 5
    assert server.cache.answers.bytes == len(server.cache.answers) == 0


async def test_a_request_that_finds_no_public_blog_is_enough(server: Server) -> None:
    await server.blogs.edit("petrel", {"visibility": "private"}, OPERATOR)
    assert (await server.client.get("/blogs/petrel/feed.json")).status_code == 404
    server.away = 1.0
    assert await server.statuses() == [503] * 5


@pytest.mark.parametrize("withdrawn", ["private", "deleted"])
async def test_the_process_that_makes_the_change_forgets_at_once(server: Server, withdrawn: str) -> None:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    if withdrawn == "private":
        changed = await server.client.patch("/v1/blogs/petrel", json={"visibility": "private"}, headers=headers)
    else:
        changed = await server.client.delete("/v1/blogs/petrel", headers=headers)
    assert changed.is_success
    server.away = 1.0
    assert await server.statuses() == [503] * 5


async def test_other_blogs_stay_in_memory(server: Server) -> None:
    await server.client.get("/blogs/nowhere")
    server.away = 1.0
    assert await server.statuses() == [200] * 5
