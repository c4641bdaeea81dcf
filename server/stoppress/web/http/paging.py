"""Page tokens: opaque to whoever gets them, and of a place, not of a number, so that what arrives moves nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime

from stoppress.model import rfc3339
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


def dump_page(order: str, place: Place) -> str:
    """The token of the posts behind a place, in an order."""
    return dump_token(json.dumps([order, rfc3339(place.published_at), place.id], separators=(",", ":")))


def load_page(order: str) -> Callable[[str], Place]:
    """A reader of such a token, which counts for one order."""

    def read(given: str) -> Place:
        try:
            made_for, published_at, post = json.loads(load_token(given))
            place = Place(datetime.fromisoformat(published_at), str(post).encode("ascii").decode())
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(_EXPECTED) from error
        if made_for != order or place.published_at.tzinfo is None:
            raise ValueError(f"expected a page token of order={order}")
        return place

    return read
