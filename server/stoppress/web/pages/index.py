"""The front page: a list of all blogs for browsers, and of the API's addresses for tools.

While the store is away, browsers get the first page of the list as it was last made, for `stale_if_error` at most.
"""

from __future__ import annotations

import time
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from stoppress import __version__
from stoppress.errors import Unavailable
from stoppress.store.base import BlogState
from stoppress.token_scopes import ANONYMOUS
from stoppress.web.blog_access import visible_blogs
from stoppress.web.cache.page_cache import FrontPage
from stoppress.web.contract.operations.pages import FRONT_PAGE
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import NO_CACHE
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.paging import dump_token
from stoppress.web.http.request import query, wants_page
from stoppress.web.http.response import answer
from stoppress.web.pages.blog import page_headers

_AT_ONCE = 100  # blogs on one page
_HEADERS = {"cache-control": NO_CACHE, "vary": "Accept"}


class IndexRoutes:
    """Serves the front page, `/`."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context

    async def front(self, request: Request) -> Response:
        """Answer a browser, which asks for HTML, with a page of blogs, and a tool with the API's addresses."""
        if not wants_page(request):
            content = {
                "name": "Stop Press",
                "version": __version__,
                "blogs": "/v1/blogs",
                "docs": "/docs",
                "openapi": "/openapi.json",
                "asyncapi": "/asyncapi.json",
            }
            return answer(content, headers=_HEADERS)
        after = query(request)[FRONT_PAGE]
        headers = {**page_headers(self._context.settings), **_HEADERS}
        try:
            html = await self._context.page_cache.renders.make(partial(self._list, after))
        except Unavailable:
            kept = self._context.page_cache.front
            if after is not None or kept is None:
                raise
            html, age = kept.html, time.monotonic() - kept.began
            if age > self._context.settings.stale_if_error:
                raise
            headers["cache-status"] = f"stoppress; hit; ttl=-{age:.0f}"
        return Response(html, headers=headers, media_type="text/html")

    async def _list(self, after: str | None) -> str:
        began = time.monotonic()
        if seconds := self._context.store_away():
            raise Unavailable(f"the store has not answered for {seconds:.0f} s")
        states, following = await visible_blogs(self._context.store, ANONYMOUS, after=after, limit=_AT_ONCE)
        blogs = [state.blog for state in sorted(states, key=_live_first, reverse=True)]
        front = partial(self._context.markup.front, blogs, following and f"/?page={dump_token(following)}")
        html = await self._context.page_cache.renders.in_thread(front)
        if after is None:
            listed = frozenset(blog.id for blog in blogs)
            self._context.page_cache.front = FrontPage(began, html, listed)
        return html

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "front": self.front,
        }


def _live_first(state: BlogState) -> tuple[bool, float]:
    """The sort key of the front page: live and paused blogs first, then the latest change."""
    blog = state.blog
    return blog.status in ("live", "paused"), (blog.updated_at or blog.created_at).timestamp()
