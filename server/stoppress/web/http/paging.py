"""Page tokens: opaque to whoever gets them, and of a place, not of a number, so that what arrives moves nothing."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from stoppress.model import rfc3339
from stoppress.query_parameters import QueryParameter, wrong_parameter
from stoppress.store.base import Place

_EXPECTED = "expected a page token out of an earlier answer's 'next'"


def dump_token(place: str) -> str:
    """A token for a place that an ASCII text names."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def load_token(given: str) -> str:
    """The inverse of `dump_token`. Raises ValueError."""
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise ValueError(_EXPECTED) from error


PAGE: QueryParameter[str | None] = QueryParameter(
    "page", "The `next` of an earlier answer.", load_token, None, {"type": "string"}
)


def dump_page(order: str, place: Place) -> str:
    """The token of the posts behind a place, in an order."""
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
    "page", "The `next` of an earlier answer; stable while posts arrive.", _load_page, None, {"type": "string"}
)


def place_of(page: tuple[str, Place] | None, order: str) -> Place | None:
    """Where a page of posts begins, in an order. Raises Invalid (400) when its token was made for another order."""
    if page is None:
        return None
    made_for, place = page
    if made_for != order:
        raise wrong_parameter("page", f"expected a page token of order={order}, but got one of order={made_for!r:.80}")
    return place
