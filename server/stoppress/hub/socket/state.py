"""Where a reader stands; how it gets from one to the other is drawn in reader.py."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """What is done for a reader now."""

    LIVE = "live"
    CATCHING_UP = "catching up"
    LAGGING = "lagging"
    CLOSING = "closing"
    CLOSED = "closed"
