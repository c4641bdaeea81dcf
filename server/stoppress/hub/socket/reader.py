"""One reader by socket: what was written to it, and what may be written now. No I/O but its transport's write.

               start                 ring reaches
    (new) ───────────────▶ advance ──────────────▶ LIVE ◀──────────┐
                              │ ring does not reach   │ socket full  │ drained: advance
                              ▼                       ▼              │
                         CATCHING_UP ───────────▶ LAGGING ──────────┘
                          take(page) until at        │ for too long: 1013
                          the head: LIVE             ▼
          any ── close(code), or the peer's ──▶ CLOSING ── gone, or aborted in time ──▶ CLOSED

`advance` is the one way to catch up: it writes, compacted, what the ring has behind `sequence`, in chunks, until the
reader is at the head or its socket is full. What was not written is not remembered: `sequence` says it all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stoppress import wire
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import FrameFormat, Message, close_frame, text_frame
from stoppress.hub.subscriber import State, Transport
from stoppress.model import Cursor
from stoppress.wire import Close


class ReaderHost(Protocol):
    """What a reader needs of the hub."""

    def fetch(self, reader: Reader) -> None:
        """Bring what the reader lacks from the store, page by page, to `reader.take`."""

    def expect(self, reader: Reader) -> None:
        """Hold the reader to a deadline for leaving its state, LAGGING or CLOSING."""

    def relax(self, reader: Reader) -> None:
        """The reader left its state: drop the deadline. Not an error when there was none."""


class Reader:
    """All up to `sequence` of the channel's history was written to it."""

    __slots__ = ("channel", "frame_format", "host", "sequence", "state", "transport")

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
        """Whether changes are written to it as they come."""
        return self.state is State.LIVE

    def start(self, cursor: Cursor | None, before: bytes = b"") -> None:
        """Join the channel: greet, and go on from `cursor`; from now when there is none or it leads nowhere.

        `before` (the answer to the handshake) goes out in one write with the greeting.
        """
        channel = self.channel
        greeting = channel.greet(cursor)
        self.sequence = greeting.sequence
        first = before + greeting.hello
        if greeting.reset is not None:
            first += text_frame(greeting.reset)
        channel.join(self)
        self.advance(first)

    def advance(self, before: bytes = b"") -> None:
        """Write what it lacks, as far as the ring has it and the socket takes it; then ask the store."""
        lacking = self.channel.ring.since(self.sequence)
        if not self._write(lacking or (), before):
            return
        if lacking is None:
            self.state = State.CATCHING_UP
            self.host.fetch(self)
        elif self.channel.ended:
            self.close(Close.ENDED)

    def take(self, page: Sequence[Message], head: int | None) -> None:
        """Write a page of what the ring no longer had. `head`: where the blog stood when the page was the last."""
        news = [message for message in page if message.sequence > self.sequence]
        if self._write(news) and head is not None:
            self.sequence = max(self.sequence, head)
            self.state = State.LIVE
            self.advance()

    def _write(self, messages: Sequence[Message], before: bytes = b"") -> bool:
        """Write `before` and `messages` in chunks; whether all of it went while the state stayed the same."""
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
        self.channel.delivered(messages, len(data))

    def pause(self) -> None:
        """Its socket is full: nothing more for now."""
        if self.state in (State.LIVE, State.CATCHING_UP):
            self.state = State.LAGGING
            self.channel.metrics.lagging.inc()
            self.host.expect(self)

    def resume(self) -> None:
        """Its socket drained: go on from where it stands."""
        if self.state is State.LAGGING:
            self._recover(State.LIVE)
            self.advance()

    def reset(self, frame: bytes) -> None:
        """The channel began anew; `frame` tells the reader. Even a full socket gets it: it is small, and rare."""
        self.sequence = self.channel.head
        if self.state is State.CATCHING_UP:
            self.state = State.LIVE
        self.transport.write(frame)

    def part(self, retry_after_ms: int, reason: wire.ByeReason) -> None:
        """This server goes away: say when to come back, and close. Nothing for one that is closing as it is."""
        if self.state in (State.CLOSING, State.CLOSED):
            return
        here = Cursor(self.channel.epoch, self.sequence)
        self.transport.write(text_frame(wire.bye(here, retry_after_ms=retry_after_ms, reason=reason)))
        self.close(Close.RESTARTING)

    def close(self, code: Close) -> None:
        """Begin the closing handshake (RFC 6455, 7.1.2)."""
        if self.state not in (State.CLOSING, State.CLOSED):
            self.closing()
            self.transport.write(close_frame(code))

    def closing(self) -> None:
        """A close frame was sent: nothing may follow it, and the rest has a bound in time."""
        if self.state not in (State.CLOSING, State.CLOSED):
            self._recover(State.CLOSING)
            self.channel.leave(self)
            self.host.expect(self)

    def gone(self) -> None:
        """The connection is no more."""
        self.channel.leave(self)
        self._recover(State.CLOSED)

    def _recover(self, state: State) -> None:
        if self.state is State.LAGGING:
            self.channel.metrics.lagging.dec()
        self.state = state
        self.host.relax(self)
