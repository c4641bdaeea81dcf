"""The cache of finished pages and feeds: the key of each, how much is kept, and where their blogs stand."""

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
from stoppress.web.http.public_url import configured_origin

BELOW = "/blogs/"  # where all that is kept has its address
_NO_PARAMETERS = PageVariant()


class PageCache:
    """As the settings want it; `heads` asks the store where blogs stand (store.base.Log.heads)."""

    def __init__(self, settings: Settings, heads: Read) -> None:
        self.answers = FinishedPages(settings.page_cache)
        self.freshness = Freshness(heads)
        self.public_url = configured_origin(settings)
        self.origins = Origins(settings.origins)
        # Of every finished answer. Where only some origins may read them, the ordinary way adds what it says to one.
        self.headers = cors_headers(self.origins, None, None)

    def key(self, scope: Mapping[str, Any], asked: Headers) -> Key | None:
        """Under which an answer to the request of this ASGI scope is kept; `asked` are its headers. None when the query
        has a wrong value: that is no page, and nothing of it is kept."""
        path: str = scope["path"]
        # Only the page itself, which is right below /blogs/, has parameters; feeds have none.
        variant = _NO_PARAMETERS if path.find("/", len(BELOW)) > 0 else read_page_variant(scope["query_string"])
        if variant is None:
            return None
        if self.public_url:
            return path, variant, "", b""
        return path, variant, scope["scheme"], asked.get(b"host", b"")


class FinishedPages:
    """The answers asked for last, of at most `limit` bytes in all; the one not asked for the longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Key, FinishedPage] = OrderedDict()
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self.bytes = 0

    def get(self, key: Key) -> FinishedPage | None:
        """What is kept, of whatever state."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def of(self, key: Key, cursor: Cursor, make: Callable[[], Awaitable[FinishedPage]]) -> FinishedPage:
        """The answer at `cursor`, or one whose making began after this call. Raises what `make` raises."""
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
        while self.bytes > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        answer = self._kept.pop(key, None)
        if answer is not None:
            self.bytes -= answer.size
