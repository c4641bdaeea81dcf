"""What remains of a connection after its handshake: a reader that is its transport's protocol, and nothing more.

Dead peers are found by the kernel, without a timer each: a heartbeat that is never acknowledged ends the connection
after TCP_USER_TIMEOUT (RFC 5482).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Protocol

from stoppress.hub.channel import Channel
from stoppress.hub.incoming import Incoming
from stoppress.hub.prepared import Dialect
from stoppress.hub.reader import Reader
from stoppress.hub.state import State


class Door(Protocol):
    """Where a connection is counted out."""

    def left(self, connection: Connection) -> None:
        """It is gone."""


class Connection(Reader, asyncio.Protocol):
    """A reader with its socket. `address` is what it was admitted under."""

    __slots__ = ("address", "door", "incoming")

    transport: asyncio.Transport

    def __init__(
        self, channel: Channel, dialect: Dialect, transport: asyncio.Transport, door: Door, address: str | None
    ) -> None:
        super().__init__(channel, dialect, transport)
        self.door = door
        self.address = address
        self.incoming: Incoming | None = None

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        incoming = self.incoming or Incoming(deflated=self.dialect.deflated)
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


def watch(listener: socket.socket, *, seconds: float) -> None:
    """Have the kernel give up peers that have acknowledged nothing for so long. The connections that `listener` accepts
    inherit it; where it can't be set, so be it."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and listener.family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))
