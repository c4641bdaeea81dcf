"""What remains of a connection after its handshake: a reader that is its transport's protocol, and nothing more.

Dead peers are found by the kernel, without a timer each: a heartbeat that is never acknowledged ends the connection
after TCP_USER_TIMEOUT (RFC 5482), which it inherits from the listening socket (listener.py).
"""

from __future__ import annotations

import asyncio
from typing import ClassVar, Protocol

from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import FrameFormat
from stoppress.hub.socket.client_frames import ClientFrames
from stoppress.hub.socket.reader import Reader, ReaderHost
from stoppress.hub.subscriber import State


class ConnectionHost(ReaderHost, Protocol):
    """What a connection needs of the hub."""

    def leave(self, address: str | None) -> None:
        """The connection is gone: count it out, by the address it was admitted under."""


class Connection(Reader, asyncio.Protocol):
    """A reader with its socket. `address` is what it was admitted under; `make_frames` makes its parser."""

    __slots__ = ("address", "frames")

    make_frames: ClassVar[type[ClientFrames]] = ClientFrames

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
        self.frames: ClientFrames | None = None

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        frames = self.frames or self.make_frames(deflated=self.frame_format.deflated)
        if self.state is State.CLOSING:
            frames.expect_close()
        for piece in frames.receive(data):
            if piece:
                self.transport.write(piece)
            elif self.transport.can_write_eof():
                # Half closed, so that unread bytes of the client don't make the kernel throw our close frame away.
                self.transport.write_eof()
            else:
                self.transport.close()
        if frames.over:
            self.closing()
        self.frames = None if frames.idle else frames

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
        self.host.leave(self.address)
