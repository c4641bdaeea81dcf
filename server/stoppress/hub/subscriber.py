"""What a channel needs of its readers: contracts, so that the channel knows no kind of reader.

A Subscriber reads by socket: the channel writes to it. A Stream reads by Server-Sent Events: the channel wakes it, and
it reads the ring by itself.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from stoppress.hub.encoded_message import FrameFormat
from stoppress.wire import ByeReason, Close


class State(Enum):
    """What the hub does for a subscriber now. hub/socket/reader.py draws how it gets from one state to the other."""

    LIVE = "live"
    CATCHING_UP = "catching up"
    LAGGING = "lagging"
    CLOSING = "closing"
    CLOSED = "closed"


class Transport(Protocol):
    """What is needed of a connection (asyncio.Transport): it never blocks, and keeps what the kernel does not take."""

    def write(self, data: bytes, /) -> None:
        """Send `data`, or tell the subscriber to pause when too much waits."""

    def abort(self) -> None:
        """Close at once; what waits is lost."""


class Subscriber(Protocol):
    """One reader by socket. Everything up to `sequence` of the channel's history was written to `transport`."""

    sequence: int
    state: State
    frame_format: FrameFormat

    @property
    def transport(self) -> Transport:
        """Where its frames are written."""

    @property
    def live(self) -> bool:
        """Whether the channel writes changes to it as they come."""

    def advance(self) -> None:
        """Write what it lacks, as far as the ring has it; fetch the rest from the store."""

    def reset(self, frame: bytes) -> None:
        """The channel began anew: write `frame`, which says so, and go on from the channel's head."""

    def part(self, retry_after_ms: int, reason: ByeReason) -> None:
        """This server goes away: say when to come back, and close."""

    def close(self, code: Close) -> None:
        """Begin the closing handshake."""


class Wake(Protocol):
    """What is told that the channel moved; asyncio.Event is one."""

    def set(self) -> None:
        """Wake whoever waits."""


class Stream(Wake, Protocol):
    """One reader by Server-Sent Events."""

    def reset(self, block: bytes) -> None:
        """The channel began anew: `block` says so, and the stream goes on from the channel's head."""

    def part(self, retry_after_ms: int, reason: ByeReason) -> None:
        """This server goes away: say when to come back, and end."""
