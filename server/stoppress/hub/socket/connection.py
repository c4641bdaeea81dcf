"""A WebSocket connection after its handshake: one object that is both the reader and its transport's protocol.

The kernel detects dead peers, so no connection needs a timer: a heartbeat that is never acknowledged ends the
connection after TCP_USER_TIMEOUT (RFC 5482), which it inherits from the listening socket (listener.py).
"""

from __future__ import annotations

import asyncio
from typing import ClassVar, Protocol

from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import FrameFormat
from stoppress.hub.reader import Reader, ReaderHost
from stoppress.hub.socket.client_frames import ClientFrames
from stoppress.hub.subscriber import State

PARSED_AT_ONCE = 512  # bytes: at most 85 frames, which take less than a millisecond


class ConnectionHost(ReaderHost, Protocol):
    """The part of the hub that a connection uses."""

    def leave(self, address: str | None) -> None:
        """Count out a closed connection. `address` is the one it was admitted with."""

    def spend(self, client: Reader, frames: int, size: int) -> bool:
        """Count frames and bytes from the client. Returns whether it is within its budget."""


class Connection(Reader, asyncio.Protocol):
    """A reader with its WebSocket. `address` is the one it was admitted with; `make_frames` creates its parser."""

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
        """Parse bytes from the client, and write what the protocol requires in answer.

        A client beyond its budget is closed with 1008, before anything more is parsed.
        """
        frames = self.frames or self.make_frames(deflated=self.frame_format.deflated)
        if self.state is State.CLOSING:
            frames.expect_close()
        for piece in self._parse(frames, data):
            if piece:
                self.transport.write(piece)
            elif self.transport.can_write_eof():
                # Half-close: on a full close, unread bytes of the client would make the kernel discard our close frame.
                self.transport.write_eof()
            else:
                self.transport.close()
        if frames.over:
            self.closing()
        self.frames = None if frames.idle else frames

    def _parse(self, frames: ClientFrames, data: bytes) -> list[bytes]:
        spend = self.host.spend
        if not spend(self, 0, len(data)):
            return frames.refuse()
        answers: list[bytes] = []
        for start in range(0, len(data), PARSED_AT_ONCE):
            answers += frames.receive(data[start : start + PARSED_AT_ONCE])
            if not spend(self, frames.count, 0):
                return answers + frames.refuse()
        return answers

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
