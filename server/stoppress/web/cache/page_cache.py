"""The cache of finished pages and feeds: their keys, the limit on their size, and the current cursors of blogs."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from stoppress.model import Cursor
from stoppress.origins import Origins
from stoppress.settings import Settings
from stoppress.web.cache.finished_page import FinishedPage, Headers, Key
from stoppress.web.cache.freshness import Freshness, Read
from stoppress.web.http.cors import cors_headers
from stoppress.web.http.page_query import PageVariant, read_page_variant
from stoppress.web.http.public_url import configured_origin, request_origin

BELOW = "/blogs/"  # the prefix of the path of every cached page
_NO_PARAMETERS = PageVariant()


class PageCache:
    """The cache that `settings` configure. `heads` reads blogs' cursors from the store (store.base.Log.heads)."""

    def __init__(self, settings: Settings, heads: Read) -> None:
        self.answers = FinishedPages(settings.page_cache)
        self.freshness = Freshness(heads)
        self.public_url = configured_origin(settings)
        self.origins = Origins(settings.origins)
        # The CORS headers of every finished page. Where only some origins may read, the middleware adds the rest.
        self.headers = cors_headers(self.origins, None, None)

    def key(self, scope: Mapping[str, Any], asked: Headers) -> Key | None:
        """The cache key for the request of this ASGI scope; `asked` are its headers.

        None when a value in the query is wrong: such a request is refused, and nothing is cached.
        """
        path: str = scope["path"]
        # Only the page itself, directly below /blogs/, has parameters; feeds have none.
        variant = _NO_PARAMETERS if path.find("/", len(BELOW)) > 0 else read_page_variant(scope["query_string"])
        if variant is None:
            return None
        return Key(path, variant, self.public_url or request_origin(scope, asked.get(b"host")))


class FinishedPages:
    """A least-recently-used cache of finished pages, of at most `limit` bytes together."""

    def __init__(self, limit: int) -> None:
        self.most_bytes = limit
        self._kept: OrderedDict[Key, FinishedPage] = OrderedDict()
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> FinishedPage | None:
        """The cached page, current or not; None when there is none."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def of(self, key: Key, cursor: Cursor, make: Callable[[], Awaitable[FinishedPage]]) -> FinishedPage:
        """The page at `cursor`, or a newer one that was begun after this call; made by `make` if it is not cached.

        Concurrent calls for one key share the page: one of them makes it. Raises what `make` raises.
        """
        came = time.monotonic()
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            kept = self._kept.get(key)
            if kept is None or (kept.cursor != cursor and kept.began < came):
                kept = await make()
                self._keep(key, kept)
            return kept

    def _keep(self, key: Key, answer: FinishedPage) -> None:
        self._drop(key)
        self._kept[key] = answer
        self.bytes += answer.size
        while self.bytes > self.most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        answer = self._kept.pop(key, None)
        if answer is not None:
            self.bytes -= answer.size
