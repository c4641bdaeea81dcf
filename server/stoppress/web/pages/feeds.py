"""Atom and JSON feeds of a blog's newest posts. They are cached and validated as pages are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from stoppress.errors import NotFound
from stoppress.model import Blog, Post
from stoppress.render.feeds import atom, json_feed
from stoppress.web.blog_access import is_private
from stoppress.web.cache.finished_page import FinishedPage
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.safe_headers import NO_FRAMES, NO_SNIFF

_HEADERS = {**NO_SNIFF, **NO_FRAMES}
_ROUTE = "/blogs/{blog}/feed."
_KINDS: dict[str, tuple[str, Callable[[Blog, Sequence[Post], str], str]]] = {
    "atom": ("application/atom+xml", atom),
    "json": ("application/feed+json", json_feed),
}


class FeedRoutes:
    """Serves a blog's feeds, `/blogs/{blog}/feed.atom` and `/blogs/{blog}/feed.json`."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context
        self._page_cache = context.page_cache

    async def atom(self, request: Request) -> Response:
        return await self._feed(request, "atom")

    async def json(self, request: Request) -> Response:
        return await self._feed(request, "json")

    async def _feed(self, request: Request, suffix: str) -> Response:
        name = request.path_params["blog"]
        context, page_cache = self._context, self._page_cache
        kind, write = _KINDS[suffix]
        private = is_private(request)

        async def make(origin: str) -> FinishedPage:
            began = time.monotonic()
            page = await context.store.page(name, limit=context.settings.page_posts)
            if page is None or (page.blog.private and not private):
                raise NotFound(f"there is no blog {name!r}")
            policy = {**page_cache.headers, **page_cache.cache_control}
            headers = {**_HEADERS, **policy, "content-type": f"{kind}; charset=utf-8"}

            def render() -> FinishedPage:
                text = write(page.blog, page.posts, f"{origin}/blogs/{name}")
                return FinishedPage(_ROUTE + suffix, name, page.cursor, text, headers, began=began)

            return await page_cache.renders.in_thread(render)

        if private:
            return await page_cache.uncached(request.scope, make)
        return await page_cache.response(request.scope, name, make)

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {"atomFeed": self.atom, "jsonFeed": self.json}
