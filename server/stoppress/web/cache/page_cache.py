"""Finished answers, and where their blogs stand: what the front and the routes behind it share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stoppress.origins import Origins
from stoppress.settings import Settings
from stoppress.web.cache.finished_page import FinishedPages, Headers, Key
from stoppress.web.cache.freshness import Freshness, Read


class PageCache:
    """As the settings want it; `heads` asks the store where blogs stand (store.base.Log.heads)."""

    def __init__(self, settings: Settings, heads: Read) -> None:
        self.answers = FinishedPages(settings.page_cache)
        self.heads = Freshness(heads)
        self.public_url = settings.public_url.rstrip("/") if settings.public_url else None
        self.origins = Origins(settings.origins)
        # Of every finished answer. Where only some origins may read them, the ordinary way adds what it says to one.
        self.headers = self.origins.headers(None, None)

    def key(self, scope: Mapping[str, Any], asked: Headers) -> Key:
        """Under which an answer to the request of this ASGI scope is kept; `asked` are its headers."""
        if self.public_url:
            return scope["path"], scope["query_string"], "", b""
        return scope["path"], scope["query_string"], scope["scheme"], asked.get(b"host", b"")
