"""The ids that blogs and posts get when their maker gives none: ULIDs (github.com/ulid/spec), which sort by time."""

from __future__ import annotations

from datetime import datetime

from ulid import ULID


def new_id(now: datetime) -> str:
    """One id, made at `now`."""
    return str(ULID.from_datetime(now))


def new_ids(now: datetime, count: int) -> list[str]:
    """Ids that count upwards, so that those of one moment stand in the order given."""
    first = int(ULID.from_datetime(now))
    return [str(ULID.from_int(first + i)) for i in range(count)]
