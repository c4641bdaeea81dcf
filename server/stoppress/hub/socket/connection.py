"""A WebSocket connection after its handshake: reads what the client sends."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from stoppress.hub.channel import Channel
from stoppress.hub.connection import ConnectionHost, ReaderConnection
from stoppress.hub.encoded_message import FrameFormat
from stoppress.hub.socket.client_frames import ClientFrames
from stoppress.hub.subscriber import State

PARSED_AT_ONCE = 512  # bytes: at most 85 frames, which take less than a millisecond


class Connection(ReaderConnection):
    """A reader with its WebSocket. `make_frames` creates its parser."""

    __slots__ = ("frames",)

    make_frames: ClassVar[type[ClientFrames]] = ClientFrames

    def __init__(
        self,
        channel: Channel,
        frame_format: FrameFormat,
        transport: asyncio.Transport,
        host: ConnectionHost,
        address: str | None,
    ) -> None:
        super().__init__(channel, frame_format, transport, host, address)
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
