"""Page tokens for the lists of the API.

A token is opaque to clients. It names a place in the order, not a page number, so that new entries don't shift pages.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import TypeVar

from stoppress.model import rfc3339
from stoppress.query_parameters import QueryParameter, wrong_parameter
from stoppress.store.base import Place

PlaceType = TypeVar("PlaceType")

_EXPECTED = "expected a page token from the 'next' of an earlier response"


def dump_token(place: str) -> str:
    """The page token for a place that an ASCII text names."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def load_token(given: str) -> str:
    """The place that a page token names: the inverse of `dump_token`. Raises ValueError."""
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise ValueError(_EXPECTED) from error


PAGE: QueryParameter[str | None] = QueryParameter(
    "page", "The `next` of an earlier response.", load_token, None, {"type": "string"}
)


def dump_page(order: str, place: Place) -> str:
    """The page token for the posts after `place` in `order`."""
    return dump_token(json.dumps([order, rfc3339(place.published_at), place.id], separators=(",", ":")))


def _load_page(given: str) -> tuple[str, Place]:
    try:
        made_for, published_at, post = json.loads(load_token(given))
        place = Place(datetime.fromisoformat(published_at), str(post).encode("ascii").decode())
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(_EXPECTED) from error
    if place.published_at.tzinfo is None:
        raise ValueError(_EXPECTED)
    return made_for, place


ORDERED_PAGE: QueryParameter[tuple[str, Place] | None] = QueryParameter(
    "page", "The `next` of an earlier response; stable while posts arrive.", _load_page, None, {"type": "string"}
)


def place_of(page: tuple[str, PlaceType] | None, order: str) -> PlaceType | None:
    """The place after which a page begins. Raises Invalid (400) if the token was made for another order."""
    if page is None:
        return None
    made_for, place = page
    if made_for != order:
        detail = f"expected a page token for order={order}, but got one for order={made_for!r:.80}"
        raise wrong_parameter("page", detail)
    return place
