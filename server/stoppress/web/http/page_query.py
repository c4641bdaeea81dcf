"""Reads which page of a blog a query asks for.

People share links to pages, and other sites add parameters to them (`utm_source`, `fbclid`). Those are ignored. The
rest is normalised: queries for the same page give the same `PageVariant`, whatever the order and encoding of their
parameters, and whether or not they spell out defaults. It is part of the cache key (web/cache/page_cache.py).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from stoppress.errors import Invalid
from stoppress.query_parameters import Query, QueryParameter, choice, flag, read_known, read_number, text
from stoppress.store.base import Order, Place

_CACHED_LENGTH = 512  # bytes; a longer query is parsed each time, not cached


class PageVariant(NamedTuple):
    """One page of a blog: its order, its filter (`key`, `tag:NAME`, or empty for all posts), its number or place.

    `number` counts pages from the oldest, from 1. `behind` is the place in the order after which the page begins.
    """

    order: Order = "newest"
    filter: str = ""
    number: int | None = None
    behind: Place | None = None

    def url(self, blog: str, page: int, last: int) -> str:
        """The address of page number `page` in the same order, with the same filter. `last` is the newest page's
        number. The page where the order begins has no number in its address."""
        query = {"order": "oldest"} if self.order == "oldest" else {}
        if self.filter:
            query |= {"key": "true"} if self.filter == "key" else {"tag": self.filter[4:]}
        if page != (last if self.order == "newest" else 1):
            query["page"] = str(page)
        return f"/blogs/{blog}" + (f"?{urlencode(query)}" if query else "")


def _place(given: str) -> Place:
    moment, comma, post = given.partition(",")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise ValueError("expected a place TIME,ID") from error
    if not comma or at.tzinfo is None:
        raise ValueError("expected a place TIME,ID")
    return Place(at, post)


_ORDER: QueryParameter[Order] = choice("order", "By first publication.", "newest", "oldest")
_NUMBER: QueryParameter[int | None] = QueryParameter(
    "page", "Page number, from the oldest.", read_number(1, 1_000_000), None, {"type": "integer", "minimum": 1}
)
_KEY = flag("key", "Only key events.")
_TAG = text("tag", "Only posts with this tag.")
_BEHIND: QueryParameter[Place | None] = QueryParameter(
    "behind", "`TIME,ID`: only posts after this place in the order.", _place, None, {"type": "string"}
)
PAGE_PARAMETERS = (_ORDER, _NUMBER, _KEY, _TAG, _BEHIND)


def page_variant(query: Query) -> PageVariant:
    """The page that a query asks for. `key` takes precedence over `tag`, and `behind` over `page`."""
    tag, behind = query[_TAG], query[_BEHIND]
    return PageVariant(
        order=query[_ORDER],
        filter="key" if query[_KEY] else f"tag:{tag}" if tag else "",
        number=None if behind else query[_NUMBER],
        behind=behind,
    )


def read_page_variant(query: bytes) -> PageVariant | None:
    """The page that a percent-encoded query asks for; None when a value is wrong."""
    if not query:
        return _DEFAULT
    return remembered(query) if len(query) <= _CACHED_LENGTH else _read(query)


_DEFAULT = PageVariant()


def _read(query: bytes) -> PageVariant | None:
    try:
        return page_variant(read_known(query, PAGE_PARAMETERS))
    except Invalid:
        return None


remembered = lru_cache(maxsize=1_024)(_read)
