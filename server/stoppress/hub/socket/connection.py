"""What remains of a connection after its handshake: a reader that is its transport's protocol, and nothing more.

Dead peers are found by the kernel, without a timer each: a heartbeat that is never acknowledged ends the connection
after TCP_USER_TIMEOUT (RFC 5482), which it inherits from the listening socket (listener.py).
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from stoppress.hub.channel import Channel
from stoppress.hub.message import FrameFormat
from stoppress.hub.socket.client_frames import ClientFrames
from stoppress.hub.socket.reader import Reader
from stoppress.hub.socket.state import State


class Door(Protocol):
    """Where a connection is counted out."""

    def left(self, connection: Connection) -> None:
        """It is gone."""


class Connection(Reader, asyncio.Protocol):
    """A reader with its socket. `address` is what it was admitted under."""

    __slots__ = ("address", "door", "incoming")

    transport: asyncio.Transport

    def __init__(
        self, channel: Channel, frame_format: FrameFormat, transport: asyncio.Transport, door: Door, address: str | None
    ) -> None:
        super().__init__(channel, frame_format, transport)
        self.door = door
        self.address = address
        self.incoming: ClientFrames | None = None

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        incoming = self.incoming or ClientFrames(deflated=self.frame_format.deflated)
        if self.state is State.CLOSING:
            incoming.expect_close()
        for piece in incoming.receive(data):
            if piece:
                self.transport.write(piece)
            elif self.transport.can_write_eof():
                # Half closed, so that unread bytes of the client don't make the kernel throw our close frame away.
                self.transport.write_eof()
            else:
                self.transport.close()
        if incoming.over:
            self.closing()
        self.incoming = None if incoming.idle else incoming

    def eof_received(self) -> None:
        """The client is done; the transport closes once all was sent."""

    def pause_writing(self) -> None:
        """The socket is full. Nothing is read either, so that a client that only asks can't make answers pile up."""
        self.transport.pause_reading()
        self.pause()

    def resume_writing(self) -> None:
        """The socket has room again."""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever brought it about."""
        self.gone()
        self.door.left(self)
