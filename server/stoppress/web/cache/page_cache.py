"""The cache of finished pages and feeds: the keys of pages, the limit on their size, and the current cursors of their
blogs.

While the store is away, a page that was current at most `stale_if_error` seconds ago is served from memory, with a
`Cache-Status` that says so. So pages of a blog that is deleted or becomes private must not stay in memory. They leave
it as soon as any reading of cursors finds no public blog, and the cache reads the cursors of its blogs every second.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from starlette.responses import Response

from stoppress.errors import NotFound, StopPressError, Unavailable
from stoppress.model import Cursor
from stoppress.origins import Origins
from stoppress.settings import Settings
from stoppress.web.cache.finished_page import FinishedPage, Headers, Key
from stoppress.web.cache.freshness import Freshness, Outcome, Read
from stoppress.web.cache.renders import Renders
from stoppress.web.http import cache_control
from stoppress.web.http.cors import cors_headers
from stoppress.web.http.page_query import PageVariant, read_page_variant
from stoppress.web.http.public_url import configured_origin, request_origin

BELOW = "/blogs/"  # the prefix of the path of every cached page
_NO_PARAMETERS = PageVariant()
_LOOK_EVERY = 1.0  # seconds between two readings of the cursors of the blogs in memory
_AT_ONCE = 200  # blogs per reading


class FrontPage(NamedTuple):
    """The first page of the list of blogs, as it was last made.

    `began` is a time (time.monotonic) before the list was read. `blogs` are the ids of the blogs on it.
    """

    began: float
    html: str
    blogs: frozenset[str]


class PageCache:
    """The cache that `settings` configure. `heads` reads public blogs' cursors (RedisLog.public_heads).

    `front` is the front page, for when the store is away; None if there is none to show.
    """

    def __init__(
        self,
        settings: Settings,
        heads: Read,
        *,
        away: Callable[[], float] = lambda: 0.0,
        count_stale: Callable[[], object] = lambda: None,
    ) -> None:
        """`away` returns for how many seconds the store has not answered; `count_stale` counts pages from memory."""
        self.renders = Renders()
        self.answers = FinishedPages(settings.page_cache, self.renders)
        self.front: FrontPage | None = None
        self._heads = heads
        self.freshness = Freshness(self._read_heads, patience=settings.store_patience, away=away)
        self.count_stale = count_stale
        self.cache_control = {"cache-control": cache_control.page(settings.stale_if_error)}
        self._stale_if_error = settings.stale_if_error
        self._patience = settings.redis_timeout
        self.public_url = configured_origin(settings)
        self.origins = Origins(settings.origins)
        # The CORS headers of every finished page. Where only some origins may read, the middleware adds the rest.
        self.headers = cors_headers(self.origins, None, None)

    async def response(
        self, scope: Mapping[str, Any], blog: str, make: Callable[[str], Awaitable[FinishedPage]]
    ) -> Response:
        """The page for the request of this ASGI scope: cached, made by `make`, or from memory while the store is away.

        `make` gets the address of the server that the page names, which is part of the cache's key.

        The query was checked before. Raises NotFound if there is no such blog, Unavailable, and what `make` raises.
        """
        asked: Headers = dict(scope["headers"])
        key = self.key(scope, asked)
        assert key is not None  # a wrong query was refused before
        try:
            cursor = await self.freshness.cursor(blog)
            if cursor is None:
                raise NotFound(f"there is no blog {blog!r}")
            try:
                # Also while others make the page, one after another, and each waits for a store that has gone away.
                async with asyncio.timeout(self._patience):
                    finished = await self.answers.of(key, cursor, lambda: make(key.origin))
            except TimeoutError as error:
                raise Unavailable("the store did not answer in time while the page was made") from error
            return finished.response(asked)
        except Unavailable as error:
            kept = self.answers.get(key)
            if kept is None or not self.may_serve(kept, error):
                raise
            self.count_stale()
            return kept.stale_response(asked)

    async def uncached(self, scope: Mapping[str, Any], make: Callable[[str], Awaitable[FinishedPage]]) -> Response:
        """The page of a private blog for the request of this ASGI scope, made by `make` and kept nowhere.

        `make` gets the address of the server that the page names. Raises Unavailable, and what `make` raises.
        """
        asked: Headers = dict(scope["headers"])
        origin = self.origin(scope, asked)
        try:
            async with asyncio.timeout(self._patience):
                finished = await self.renders.make(lambda: make(origin))
        except TimeoutError as error:
            raise Unavailable("the store did not answer in time while the page was made") from error
        return finished.response(asked)

    async def run(self) -> None:
        """Every second, forget the blogs that are no longer public. Runs until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            with contextlib.suppress(StopPressError, TimeoutError):
                await self.forget_withdrawn()

    async def forget_withdrawn(self) -> None:
        """Forget all blogs in memory that are no longer public. Raises Unavailable when the store can't be read."""
        blogs = sorted(self.answers.blogs | (self.front.blogs if self.front else frozenset()))
        for at in range(0, len(blogs), _AT_ONCE):
            await self._read_heads(blogs[at : at + _AT_ONCE])

    def forget(self, blog: str) -> None:
        """Drop every page and feed of the blog, and the front page if the blog is on it."""
        self.answers.forget(blog)
        if self.front is not None and blog in self.front.blogs:
            self.front = None

    async def _read_heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        found = await self._heads(blogs)
        for blog in blogs:
            if found[blog] is None:
                self.forget(blog)
        return found

    def may_serve(self, kept: FinishedPage, outcome: Outcome) -> bool:
        """Whether to serve a page although its blog's cursor could not be read: `outcome` is why not."""
        return isinstance(outcome, Unavailable) and time.monotonic() - kept.current_at <= self._stale_if_error

    def key(self, scope: Mapping[str, Any], asked: Headers) -> Key | None:
        """The cache key for the request of this ASGI scope; `asked` are its headers.

        None when a value in the query is wrong: such a request is refused, and nothing is cached.
        """
        path: str = scope["path"]
        # Only the page itself, directly below /blogs/, has parameters; feeds have none.
        variant = _NO_PARAMETERS if path.find("/", len(BELOW)) > 0 else read_page_variant(scope["query_string"])
        if variant is None:
            return None
        return Key(path, variant, self.origin(scope, asked))

    def origin(self, scope: Mapping[str, Any], asked: Headers) -> str:
        """The address of the server that a page for this request names; `asked` are its headers."""
        return self.public_url or request_origin(scope, asked.get(b"host"))


class FinishedPages:
    """A least-recently-used cache of finished pages, of at most `limit` bytes together. `renders` bounds how many are
    made at a time."""

    def __init__(self, limit: int, renders: Renders | None = None) -> None:
        self.most_bytes = limit
        self._renders = renders or Renders()
        self._kept: OrderedDict[Key, FinishedPage] = OrderedDict()
        self._of_blog: defaultdict[str, set[Key]] = defaultdict(set)
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def blogs(self) -> frozenset[str]:
        """The ids of the blogs whose pages are cached."""
        return frozenset(self._of_blog)

    def forget(self, blog: str) -> None:
        """Drop all pages of the blog."""
        for key in tuple(self._of_blog.get(blog, ())):
            self._drop(key)

    def get(self, key: Key) -> FinishedPage | None:
        """The cached page, current or not; None when there is none."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def of(self, key: Key, cursor: Cursor, make: Callable[[], Awaitable[FinishedPage]]) -> FinishedPage:
        """The page at `cursor`, or a newer one that was begun after this call; made by `make` if it is not cached.

        Concurrent calls for one key share the page: one of them makes it. Raises what `make` raises, and Unavailable
        when too many pages are being made.
        """
        came = time.monotonic()
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            kept = self._kept.get(key)
            if kept is None or (kept.cursor != cursor and kept.began < came):
                kept = await self._renders.make(make)
                self._keep(key, kept)
            elif kept.cursor == cursor:
                kept.current_at = came
            return kept

    def _keep(self, key: Key, answer: FinishedPage) -> None:
        self._drop(key)
        self._kept[key] = answer
        self._of_blog[answer.blog].add(key)
        self.bytes += answer.size
        while self.bytes > self.most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        answer = self._kept.pop(key, None)
        if answer is not None:
            self.bytes -= answer.size
            keys = self._of_blog[answer.blog]
            keys.discard(key)
            if not keys:
                del self._of_blog[answer.blog]
