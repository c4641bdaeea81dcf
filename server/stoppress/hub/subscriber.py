"""What a channel needs of its readers: interfaces, so that the channel does not depend on any kind of reader.

The channel writes to a Subscriber, which reads by WebSocket, or by Server-Sent Events on the fast path. A Stream reads
by Server-Sent Events on the ordinary path: the channel wakes it, and it reads the ring itself.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from stoppress.hub.encoded_message import FrameFormat
from stoppress.wire import ByeReason, Close


class State(Enum):
    """The state of a subscriber. hub/reader.py draws the transitions."""

    LIVE = "live"
    CATCHING_UP = "catching up"
    LAGGING = "lagging"
    CLOSING = "closing"
    CLOSED = "closed"


class Transport(Protocol):
    """The part of asyncio.Transport that a subscriber needs.

    It never blocks, and buffers what the kernel does not accept.
    """

    def write(self, data: bytes, /) -> None:
        """Send `data`. If too much is buffered, the subscriber is told to pause."""

    def abort(self) -> None:
        """Close at once, and discard the buffer."""


class Subscriber(Protocol):
    """One reader. Everything up to `sequence` of the channel's history has been written to `transport`."""

    sequence: int
    state: State
    frame_format: FrameFormat

    @property
    def transport(self) -> Transport:
        """The connection to which frames are written."""

    @property
    def live(self) -> bool:
        """Whether the channel writes each change to this reader at once."""

    def advance(self) -> None:
        """Write the changes that the reader lacks, while the ring has them. Fetch the rest from the store."""

    def reset(self, frame: bytes) -> None:
        """The channel restarted: write `frame`, the `reset` message, and continue from the channel's head."""

    def send_bye(self, retry_after_ms: int, reason: ByeReason) -> None:
        """This server is shutting down: send a `bye` that says when to reconnect, and close."""

    def close(self, code: Close) -> None:
        """End the connection: for a WebSocket, begin the closing handshake with `code`."""


class Wake(Protocol):
    """Something to notify when the channel moves, such as an asyncio.Event."""

    def set(self) -> None:
        """Wake whoever is waiting."""


class Stream(Wake, Protocol):
    """One reader by Server-Sent Events, on the ordinary path."""

    def reset(self, block: bytes) -> None:
        """The channel restarted: send `block`, the `reset` event, and continue from the channel's head."""

    def send_bye(self, retry_after_ms: int, reason: ByeReason) -> None:
        """This server is shutting down: send a `bye` event that says when to reconnect, and end."""
