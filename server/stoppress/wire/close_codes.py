"""The WebSocket close codes of the protocol, such as 1008 for a refused reader and 1013 for one that was too slow."""

from __future__ import annotations

from enum import IntEnum


class Close(IntEnum):
    """WebSocket close codes. Each code alone tells a client whether to reconnect (docs/protocol.md)."""

    ENDED = 1000
    GOING_AWAY = 1001
    REFUSED = 1008
    RESTARTING = 1012
    OVERLOADED = 1013
    NO_SUCH_BLOG = 4404
