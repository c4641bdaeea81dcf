"""A reader's connection on the fast path: one object that is both the reader and its transport's protocol.

The kernel detects dead peers, so no connection needs a timer: a heartbeat that is never acknowledged ends the
connection after TCP_USER_TIMEOUT (RFC 5482), which it inherits from the listening socket (listener.py).
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import FrameFormat
from stoppress.hub.reader import Reader, ReaderHost


class ConnectionHost(ReaderHost, Protocol):
    """The part of the hub that a connection uses."""

    def leave(self, address: str | None) -> None:
        """Count out a closed connection. `address` is the one it was admitted with."""

    def spend(self, client: Reader, frames: int, size: int) -> bool:
        """Count frames and bytes from the client. Returns whether it is within its budget."""


class ReaderConnection(Reader, asyncio.Protocol):
    """A reader with its connection. `address` is the one it was admitted with. A subclass receives data."""

    __slots__ = ("address",)

    host: ConnectionHost
    transport: asyncio.Transport

    def __init__(
        self,
        channel: Channel,
        frame_format: FrameFormat,
        transport: asyncio.Transport,
        host: ConnectionHost,
        address: str | None,
    ) -> None:
        super().__init__(channel, frame_format, transport, host)
        self.address = address

    def eof_received(self) -> None:
        """The client sends nothing more. The transport closes once everything is sent."""

    def pause_writing(self) -> None:
        """The socket is full: stop writing. Also stop reading, so that a client's requests can't accumulate answers."""
        self.transport.pause_reading()
        self.pause()

    def resume_writing(self) -> None:
        """The socket has room again: resume reading and writing."""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended, whichever side closed it: count the reader out."""
        self.gone()
        self.host.leave(self.address)
