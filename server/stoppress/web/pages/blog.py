"""The pages that readers open. They are complete without JavaScript, and carry the cursor where the client starts.

Pages have numbers (page_numbers). A client that loads more while the reader scrolls asks by place instead (`behind`): a
post that is filed late or deleted shifts page numbers, but not places.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stoppress.errors import Gone, NotFound, StopPressError
from stoppress.media_origins import MediaOrigins
from stoppress.model import Post
from stoppress.problem import retry_headers
from stoppress.render.blog_html import Highlights, Markup, Neighbours, Notice
from stoppress.render.embed_players import HOSTS
from stoppress.settings import Settings
from stoppress.store.base import Order, Page
from stoppress.web.blog_access import is_private
from stoppress.web.cache.finished_page import FinishedPage
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import NO_CACHE, NO_STORE
from stoppress.web.http.endpoint import Endpoints, ErrorPage
from stoppress.web.http.page_query import PageVariant, page_variant
from stoppress.web.http.request import query
from stoppress.web.pages.page_numbers import last_page, page_of, posts_on_page

# Only the client's own modules may run. Pictures may come from the servers that editors may name (media_origins.py).
# Embedded players may load only in a frame, which the client adds when the reader asks for it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {pictures}; font-src 'self'; "
    f"connect-src 'self'; frame-src {' '.join(HOSTS)}; base-uri 'none'; form-action 'self'; frame-ancestors *"
)
_HTML = "text/html"
_ROUTE = "/blogs/{blog}"
_NOTICES: dict[int, Notice] = {404: "not_found", 410: "gone", 400: "not_found"}
_ON_TOP = 100  # key events on a page, and pinned posts, at most


class BlogPageRoutes:
    """Serves a blog's page, `/blogs/{blog}`, and the links to its posts, `/blogs/{blog}/posts/{post}`."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context
        self._page_cache = context.page_cache
        self._size = context.settings.page_posts
        cached = {**context.page_cache.headers, **context.page_cache.cache_control}
        self._headers = {**page_headers(context.settings), **cached, "content-type": f"{_HTML}; charset=utf-8"}

    async def blog(self, request: Request) -> Response:
        name = request.path_params["blog"]
        variant = page_variant(query(request))
        if is_private(request):
            make = partial(self._make, name, variant, private=True)
            return await self._page_cache.uncached(request.scope, make)
        # The page names the address that it is cached by.
        return await self._page_cache.response(request.scope, name, partial(self._make, name, variant))

    async def _make(self, name: str, variant: PageVariant, origin: str, *, private: bool = False) -> FinishedPage:
        """The page. `private` says that the caller may see it even if the blog is private. Raises NotFound."""
        began = time.monotonic()
        page, at, last = await self._read(name, variant)
        _check_visible(page, name, private)
        first = at == last if variant.order == "newest" else at == 1
        highlights = Highlights()
        if first and not variant.filter and not variant.behind:
            # Read after the page. A change in between is sent again from the page's cursor, and applied in place.
            highlights = Highlights(
                keys=await self._top(name, variant.order, "key", private),
                pinned=await self._top(name, variant.order, "pinned", private),
            )
        neighbours = Neighbours(
            newer=variant.url(name, at + 1, last) if at < last else None,
            older=variant.url(name, at - 1, last) if at > 1 else None,
        )

        def render() -> FinishedPage:
            text = self._context.markup.page(
                page,
                order=variant.order,
                canonical=f"{origin}/blogs/{name}",
                filter=variant.filter,
                neighbours=neighbours,
                highlights=highlights,
            )
            return FinishedPage(_ROUTE, name, page.cursor, text, self._headers, began=began)

        return await self._page_cache.renders.in_thread(render)

    async def _top(self, name: str, order: Order, index: str, private: bool) -> Sequence[Post]:
        page = await self._context.store.page(name, order=order, limit=_ON_TOP, index=index)
        if page is None:
            return ()
        _check_visible(page, name, private)
        return page.posts

    async def post(self, request: Request) -> Response:
        """Redirect to the post on the page that holds it."""
        blog, post = request.path_params["blog"], request.path_params["post"]
        entry = await self._context.store.published(blog, post)
        state = await self._context.blogs.read(blog)
        older = await self._context.store.position(blog, post)
        if entry is None or (older is None and isinstance(entry, Post)):
            raise NotFound(f"there is no post {post!r} in {blog!r}")
        if older is None:
            raise Gone(f"the post {post!r} was deleted", entry.model_dump(mode="json"))
        at = page_of(older, state.blog.posts, self._size)
        url = PageVariant("newest").url(blog, at, last_page(state.blog.posts, self._size))
        return RedirectResponse(f"{url}#post-{post}", 302, headers={"cache-control": NO_CACHE})

    async def _read(self, name: str, variant: PageVariant) -> tuple[Page, int, int]:
        """The posts of a page, its number, and the number of the last page. Raises NotFound."""
        order, index = variant.order, variant.filter or "all"
        page: Page | None = None
        at = last = 1
        total = await self._total(name, index)
        for _ in range(4):  # until no post is added or deleted between the count and the read
            last = last_page(total, self._size)
            at = variant.number or (last if order == "newest" else 1)
            if variant.behind:
                page = await self._context.store.page(
                    name, order=order, after=variant.behind, limit=self._size, index=index
                )
                if page is None:
                    raise NotFound(f"there is no blog {name!r}")
                # Only whether there are more posts matters here. The number in that link is approximate.
                at = (2 if order == "newest" else last - 1) if page.next else (1 if order == "newest" else last)
                return page, at, max(last, at)
            if at > last:
                raise NotFound(f"expected a page from 1 to {last} of the blog {name!r}, but got {at}")
            skip, count = posts_on_page(at, total, self._size, order)
            page = await self._context.store.page(name, order=order, skip=skip, limit=count, index=index)
            if page is None:
                raise NotFound(f"there is no blog {name!r}")
            if page.total == total:
                break
            total = page.total
        assert page is not None
        return page, at, last

    async def _total(self, name: str, index: str) -> int:
        if index == "all":
            return (await self._context.blogs.read(name)).blog.posts
        page = await self._context.store.page(name, limit=1, index=index)
        if page is None:
            raise NotFound(f"there is no blog {name!r}")
        return page.total

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "blogPage": self.blog,
            "postPage": self.post,
        }


def _check_visible(page: Page, name: str, private: bool) -> None:
    """Raise NotFound if the blog has become private since the request was let in (blog_access.py)."""
    if page.blog.private and not private:
        raise NotFound(f"there is no blog {name!r}")


def page_headers(settings: Settings) -> dict[str, str]:
    """The headers that limit what a page may load, and what it tells other servers."""
    pictures = MediaOrigins(settings.media_origins, settings.public_url).policy
    return {
        "content-security-policy": _POLICY.format(pictures=pictures),
        "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin",
    }


def error_page(markup: Markup, settings: Settings) -> ErrorPage:
    """A function that turns an error into a page for readers."""
    always = {**page_headers(settings), **NO_STORE}

    def write(request: Request, error: StopPressError) -> Response:
        kind = _NOTICES.get(error.status, "unavailable")
        headers = {**always, **retry_headers(error)}
        return Response(markup.notice(kind), 404 if kind == "not_found" else error.status, headers, _HTML)

    return write
