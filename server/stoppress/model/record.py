"""An event as the stream of its blog has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stoppress.model.events import Event, UnknownEvent


@dataclass(frozen=True, slots=True)
class Record:
    """An event as stored, with its sequence number and the blog's counts after it.

    `epoch` is that of its history. `committed` is when the store wrote it, by the store's clock. Both are None where
    the source does not have them for each record; the stream does.
    """

    sequence: int
    posts: int
    updated_at: datetime | None
    event: Event | UnknownEvent
    epoch: str | None = None
    committed: datetime | None = field(default=None, compare=False)
