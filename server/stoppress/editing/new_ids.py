"""Ids for blogs and posts that are created without one: ULIDs (github.com/ulid/spec), which sort by time."""

from __future__ import annotations

from datetime import datetime

from ulid import ULID


def new_id(now: datetime) -> str:
    """A new id for the time `now`."""
    return str(ULID.from_datetime(now))


def new_ids(now: datetime, count: int) -> list[str]:
    """`count` new ids that increase by one, so that posts created at the same time keep their order."""
    first = int(ULID.from_datetime(now))
    return [str(ULID.from_int(first + i)) for i in range(count)]
