"""Finished answers, and where their blogs stand: what the front and the routes behind it share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stoppress.origins import Origins
from stoppress.settings import Settings
from stoppress.web.cache.finished_page import FinishedPages, Headers, Key
from stoppress.web.cache.freshness import Freshness, Read
from stoppress.web.http.page_query import PageVariant, read_page_variant

BELOW = "/blogs/"  # where all that is kept has its address
_NO_PARAMETERS = PageVariant()


class PageCache:
    """As the settings want it; `heads` asks the store where blogs stand (store.base.Log.heads)."""

    def __init__(self, settings: Settings, heads: Read) -> None:
        self.answers = FinishedPages(settings.page_cache)
        self.freshness = Freshness(heads)
        self.public_url = settings.public_url.rstrip("/") if settings.public_url else None
        self.origins = Origins(settings.origins)
        # Of every finished answer. Where only some origins may read them, the ordinary way adds what it says to one.
        self.headers = self.origins.headers(None, None)

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
