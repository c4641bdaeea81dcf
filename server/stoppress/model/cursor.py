"""A position in the history of a blog: an epoch and a sequence number.

An epoch is the name of one unbroken history of a blog. A blog that is deleted and created again, or imported, gets a
new epoch, and its sequence numbers begin again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A position in a blog's history, written `EPOCH.SEQUENCE`. Opaque to clients.

    The epoch changes when the history starts again, because the blog was deleted and created again. A cursor of another
    epoch can't be resumed.
    """

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a cursor.

        Raises:
            ValueError: `text` is not a cursor; the message holds the text.
        """
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise ValueError(f"expected a cursor EPOCH.SEQUENCE, but got {text[:80]!r}")
        return cls(match[1], int(match[2]))


# Fifteen digits stay exact in every client's numbers (2**53) and in the store's scores.
_CURSOR = re.compile(r"([A-Za-z0-9_-]{1,32})\.(0|[1-9][0-9]{0,14})", re.ASCII)
