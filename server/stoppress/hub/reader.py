"""One reader: its position, its state, and what may be written now. Its only I/O is the transport's `write`.

It reads by WebSocket, or by Server-Sent Events on the fast path (sse/connection.py). Its frame format says how messages
are encoded.

flow_control.py has what a full socket does to the state.

               start                 ring reaches
    (new) ───────────────▶ advance ──────────────▶ LIVE ◀──────────┐
                              │ ring does not reach   │ socket full  │ drained: advance
                              ▼                       ▼              │
                         CATCHING_UP ───────────▶ LAGGING ──────────┘
                          take(page) until at        │ for too long: 1013
                          the head: LIVE             ▼
          any ── close(code), or the peer's ──▶ CLOSING ── gone, or aborted in time ──▶ CLOSED

`advance` is the only way to catch up. It writes the ring's changes after `sequence`, compacted and in chunks, until the
reader is at the head or its socket is full. Unwritten changes are not stored anywhere: `sequence` is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stoppress import wire
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import FrameFormat, Message, close_frame, notice
from stoppress.hub.flow_control import FlowControl
from stoppress.hub.hello import Hello
from stoppress.hub.subscriber import State, Transport
from stoppress.model import Cursor
from stoppress.wire import Close


class ReaderHost(Protocol):
    """What a reader needs of the hub."""

    def fetch(self, reader: Reader) -> None:
        """Read the changes that the reader lacks from the store, and pass each page to `reader.take`."""

    def start_deadline(self, reader: Reader) -> None:
        """Start a deadline for the reader to leave its state, LAGGING or CLOSING."""

    def cancel_deadline(self, reader: Reader) -> None:
        """Cancel the deadline, because the reader left its state. Does nothing if there is none."""


class Reader(FlowControl):
    """One reader. Everything up to `sequence` of the channel's history has been written to it."""

    __slots__ = ("frame_format", "host", "sequence", "transport")

    transport: Transport

    def __init__(self, channel: Channel, frame_format: FrameFormat, transport: Transport, host: ReaderHost) -> None:
        self.channel = channel
        self.host = host
        self.frame_format = frame_format
        self.transport = transport
        self.sequence = channel.head
        self.state = State.LIVE

    @property
    def live(self) -> bool:
        """Whether the channel writes each change to this reader at once."""
        return self.state is State.LIVE

    def start(self, cursor: Cursor | None, before: bytes = b"") -> None:
        """Join the channel: send the hello, and resume from `cursor`.

        Start at the head if it is None or can't be resumed.

        `before`, the answer to the handshake, is written together with the hello.
        """
        channel = self.channel
        hello = channel.hello(cursor, self.frame_format.form)
        self.sequence = hello.sequence
        channel.join(self)
        first = before + self.first_messages(hello)
        if self.sequence == channel.head and not channel.ended:
            self._flush([first], 0)  # the usual case after a restart
        else:
            self.advance(first)

    def first_messages(self, hello: Hello) -> bytes:
        """Encode the messages that a reader gets first."""
        return hello.frames()

    def advance(self, before: bytes = b"") -> None:
        """Write `before` and the changes that the reader lacks, while the ring has them and the socket has room.

        If the ring lacks some, fetch them from the store.
        """
        lacking = self.channel.ring.since(self.sequence)
        if not self._write(lacking or (), before):
            return
        if lacking is None:
            self.state = State.CATCHING_UP
            self.host.fetch(self)
        elif self.channel.ended:
            self.close(Close.ENDED)

    def take(self, page: Sequence[Message], head: int | None) -> None:
        """Write a page of changes from the store.

        `head` is the blog's head after the last page, and None after any other.
        """
        news = [message for message in page if message.sequence > self.sequence]
        if self._write(news) and head is not None:
            self.sequence = max(self.sequence, head)
            self.state = State.LIVE
            self.advance()

    def _write(self, messages: Sequence[Message], before: bytes = b"") -> bool:
        """Write `before` and `messages` in chunks. False if the state changed meanwhile, and so not all was written."""
        state, limit = self.state, self.channel.chunk
        chunk, size = [before] if before else [], len(before)
        count = 0
        for message in messages:
            frame = message.frame(self.frame_format)
            if chunk and size + len(frame) > limit:
                self._flush(chunk, count)
                if self.state is not state:
                    return False
                chunk, size, count = [], 0, 0
            chunk.append(frame)
            size += len(frame)
            count += 1
            self.sequence = message.sequence
        if chunk:
            self._flush(chunk, count)
        return self.state is state

    def _flush(self, chunk: list[bytes], messages: int) -> None:
        data = b"".join(chunk)
        self.transport.write(data)
        self.channel.deliveries.add(self.frame_format.transport, messages, len(data))

    def reset(self, frame: bytes) -> None:
        """The channel restarted: write `frame`, the `reset` message.

        It is small and rare, so even a full socket gets it.
        """
        self.sequence = self.channel.head
        if self.state is State.CATCHING_UP:
            self.state = State.LIVE
        self.transport.write(frame)

    def send_bye(self, retry_after_ms: int, reason: wire.ByeReason) -> None:
        """This server is shutting down: send a `bye` that says when to reconnect, and close.

        Does nothing if already closing.
        """
        if self.state in (State.CLOSING, State.CLOSED):
            return
        here = Cursor(self.channel.epoch, self.sequence)
        text = wire.bye(here, retry_after_ms=retry_after_ms, reason=reason)
        self.transport.write(notice(self.frame_format, "bye", text, retry=retry_after_ms))
        self.close(Close.RESTARTING)

    def close(self, code: Close) -> None:
        """Begin the closing handshake with `code` (RFC 6455, 7.1.2)."""
        if self.state not in (State.CLOSING, State.CLOSED):
            self.closing()
            self.transport.write(close_frame(code))

    def closing(self) -> None:
        """The connection is ending; a WebSocket was sent a close frame. Nothing may follow, and there is a deadline."""
        if self.state not in (State.CLOSING, State.CLOSED):
            self.leave_state(State.CLOSING)
            self.channel.leave(self)
            self.start_deadline()

    def gone(self) -> None:
        """The connection has ended."""
        self.channel.leave(self)
        self.leave_state(State.CLOSED)

    def start_deadline(self) -> None:
        """Start a deadline for the reader to leave its state, LAGGING or CLOSING."""
        self.host.start_deadline(self)

    def cancel_deadline(self) -> None:
        """Cancel the deadline, because the reader left its state. Does nothing if there is none."""
        self.host.cancel_deadline(self)
