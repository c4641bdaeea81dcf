"""One blog in this process: its position, its latest changes, and its readers.

The order of messages depends on one number per reader, `reader.sequence`: everything up to it has been written to that
reader.

- `publish` first advances the channel (ring, head, blog), then writes. A reader that joins or wakes during the writing
therefore finds the new changes in the ring, and is at the head once it has them.
- The shared bytes go only to a live reader whose position was exactly the channel's old head. A reader that is further
ahead already has them; one that is further behind catches up (reader.py). So no change is lost or sent twice,
however the writing is divided into slices.
- Nothing is written to a full socket. Its reader keeps its number, and takes no other memory.

Nothing here awaits. A long operation is a generator, which yields where its caller should let other tasks run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import get_args

from stoppress import wire
from stoppress.hub.delivery_counts import DeliveryCounts
from stoppress.hub.encoded_message import FrameFormat, Message, event, notice
from stoppress.hub.hello import Hello, HelloCache, Kind
from stoppress.hub.ring import CatchUpLimits, Ring
from stoppress.hub.roster import Roster
from stoppress.hub.subscriber import State, Stream, Subscriber, Wake
from stoppress.hub.visibility import since_public
from stoppress.metrics import Metrics
from stoppress.model import Cursor, Record, as_of
from stoppress.resume import Resume, resume
from stoppress.settings import Settings
from stoppress.store.base import BlogState
from stoppress.wire import Close, Form, Markup

_log = logging.getLogger("stoppress.hub")

SLICE = 512  # writes between two yields: about 3 ms at 6 µs each


class Channel:
    """One blog at `cursor`: `head` is its sequence number in the history `epoch`. `blog` has its counts at the head."""

    def __init__(self, state: BlogState, *, markup: Markup, settings: Settings, metrics: Metrics) -> None:
        self.markup = markup
        self.metrics = metrics
        self.heartbeat = settings.heartbeat
        self.chunk = settings.write_buffer
        self.wakes: set[Wake] = set()
        self.streams: set[Stream] = set()
        self.elsewhere = 0  # readers of the blog in other processes, as last reported
        self.deleted = False
        self.generation = 0
        self.last_delivery: datetime | None = None
        self._ring_bounds = (settings.ring_events, settings.ring_bytes)
        self._resumes = {kind: metrics.resumes.labels(kind) for kind in get_args(Kind)}
        self._roster = Roster()
        changes = settings.catch_up_changes
        limits = CatchUpLimits(changes, settings.catch_up_bytes, min(settings.page_posts, changes))
        self._hellos = HelloCache(limits, self.heartbeat)
        self.deliveries = DeliveryCounts(metrics)
        self._begin(state, state.cursor.sequence)

    def _begin(self, state: BlogState, start: int) -> None:
        events, size = self._ring_bounds
        self.epoch = state.cursor.epoch
        self.head = state.cursor.sequence
        self.blog = state.blog
        self.ring = Ring(start, events=events, size=size)
        self._moved()

    def _moved(self) -> None:
        self.cursor = Cursor(self.epoch, self.head)
        self._hellos.move(self.cursor)

    # Where it stands

    @property
    def ended(self) -> bool:
        """Whether the blog has ended or is archived. Its readers are brought up to date, then disconnected."""
        return self.blog.status in ("ended", "archived")

    @property
    def private(self) -> bool:
        """Whether only readers with a token may join."""
        return self.blog.private

    @property
    def sockets(self) -> int:
        """The number of WebSocket readers in this process."""
        return self._roster.count("socket")

    @property
    def event_streams(self) -> int:
        """The number of readers by Server-Sent Events in this process."""
        return self._roster.count("sse") + len(self.streams)

    @property
    def readers(self) -> int:
        """The number of readers in this process, by WebSocket and Server-Sent Events."""
        return len(self._roster) + len(self.streams)

    @property
    def audience(self) -> int:
        """The approximate number of readers in all processes."""
        return self.readers + self.elsewhere

    @property
    def cached_hellos(self) -> int:
        """The number of `hello` messages that are kept for readers with the same cursor."""
        return len(self._hellos)

    def resume(self, cursor: Cursor | None) -> Resume:
        """How a reader can resume from `cursor`, as far as this channel knows. The store may be ahead of it."""
        return resume(cursor, self._hellos.history)

    def hello(self, cursor: Cursor | None, form: Form = Form.JSON) -> Hello:
        """The hello for a reader of `form` that connects with `cursor`.

        Counts the outcome in `stoppress_resumes_total`.
        """
        hello = self._hellos.get(cursor, form, self.blog, self.ring)
        if hello.kind is not None:
            self._resumes[hello.kind].inc()
        return hello

    # Who reads it

    def join(self, reader: Subscriber) -> None:
        """Write changes to `reader` from now on. It must be at the head, or catching up."""
        self._roster.add(reader)

    def leave(self, reader: Subscriber) -> None:
        """Stop writing to `reader`. Does nothing if it has already left."""
        self._roster.discard(reader)

    def everybody(self) -> tuple[Subscriber, ...]:
        """All readers that have joined, as a snapshot."""
        return self._roster.everybody()

    # What happens to it

    def load_history(self, records: Sequence[Record]) -> None:
        """Fill a new channel's ring with the contiguous `records` that lead to its head, and apply the newer ones."""
        past = since_public([record for record in records if record.sequence <= self.head])
        if past and past[-1].sequence == self.head:
            self._begin(BlogState(self.blog, self.cursor), past[0].sequence - 1)
            for record in past:
                self.ring.append(Message(record, as_of(self.blog, record), self.epoch, self.markup))
        self.apply(records)

    def apply(self, records: Iterable[Record]) -> list[Message]:
        """Apply the `records` that are newer than the head, in order. Returns their messages."""
        news: list[Message] = []
        for record in records:
            if record.sequence > self.head:
                was_private = self.private
                self.blog = as_of(self.blog, record)
                if was_private and not self.private:
                    # What the ring holds was never public in this form; the store has what is public now.
                    self.ring = Ring(record.sequence - 1, events=self._ring_bounds[0], size=self._ring_bounds[1])
                self.head = record.sequence
                message = Message(record, self.blog, self.epoch, self.markup)
                self.ring.append(message)
                news.append(message)
        self._moved()
        self.metrics.changes.inc(len(news))
        return news

    def publish(self, records: Iterable[Record]) -> Iterator[None]:
        """Apply `records`, and write them to every live reader. Yields between slices of the writing."""
        before, generation = self.head, self.generation
        news = self.apply(records)
        if not news:
            return
        self._wake()
        head = self.head
        for kind, frame in self._joined(news).items():
            readers = self._roster.in_format(kind)
            for start in range(0, len(readers), SLICE):
                self._write(frame, len(news), readers[start : start + SLICE], before)
                self.deliveries.settle()
                yield
                if self.generation != generation:
                    return
        if self.ended:
            yield from self.close_readers(Close.ENDED, at=head)

    def _write(self, frame: bytes | None, messages: int, readers: Sequence[Subscriber], before: int) -> None:
        """Bring `readers` to the head. Live ones at `before` get `frame`; the others catch up one by one.

        This is the cost of a change per reader; everything else is done once.
        """
        live, head = State.LIVE, self.head
        others: list[Subscriber] = []
        for reader in readers:
            if frame and reader.sequence == before and reader.state is live:
                reader.sequence = head
                reader.transport.write(frame)
            else:
                others.append(reader)
        if frame:
            written = len(readers) - len(others)
            self.deliveries.add(readers[0].frame_format.transport, messages * written, len(frame) * written)
        for reader in others:
            if reader.state is live and reader.sequence < head:
                self._advance(reader)

    def _joined(self, news: Sequence[Message]) -> dict[FrameFormat, bytes | None]:
        """The bytes of all `news` for each frame format in use, as one piece.

        None if they exceed the limit of bytes that may wait for one reader. Each reader then takes them in chunks.
        """
        frames: dict[FrameFormat, bytes | None] = {}
        for kind in self._roster.frame_formats():
            frames[kind] = None
            try:
                pieces = [message.frame(kind) for message in news]
            except Exception:  # a template that fails on one post must not keep it from readers of the other form
                _log.exception("%s can't be written as %s", self.cursor, kind.form)
                continue
            if len(pieces) == 1 or sum(map(len, pieces)) <= self.chunk:
                frames[kind] = b"".join(pieces)
        return frames

    def _advance(self, reader: Subscriber) -> None:
        try:
            reader.advance()
        except Exception as error:  # see _joined; it may come back, to a server that can
            _log.warning("a reader of %s is let go: %s: %s", self.blog.id, type(error).__name__, error)
            reader.close(Close.OVERLOADED)

    def send_heartbeats(self, slot: int) -> None:
        """Send a heartbeat to the live readers in `slot`."""
        self.deliveries.settle()
        frames: dict[FrameFormat, bytes] = {}
        for reader in self._roster.in_slot(slot):
            if reader.live:
                kind = reader.frame_format
                if kind not in frames:
                    frames[kind] = notice(kind, "heartbeat", wire.heartbeat(self.cursor, self.audience))
                reader.transport.write(frames[kind])

    def reset(self, state: BlogState, reason: wire.ResetReason) -> None:
        """Restart at `state`, and send every reader a `reset`.

        Resets are rare, so this happens in one step: a reader that received part of the new history before its reset
        would show wrong content.
        """
        self.generation += 1
        self._begin(state, state.cursor.sequence)
        text = wire.reset(self.cursor, reason)
        frames = {kind: notice(kind, "reset", text, self.cursor) for kind in self._roster.frame_formats()}
        for reader in self.everybody():
            reader.reset(frames[reader.frame_format])
        for stream in tuple(self.streams):
            stream.reset(event("reset", text, self.cursor))
        self._wake()

    def close_readers(self, code: Close, *, at: int | None = None) -> Iterator[None]:
        """Close readers with `code`: all of them, or only the live ones whose position is `at` or later.

        Yields between slices.
        """
        for count, reader in enumerate(self.everybody(), 1):
            if at is None or (reader.live and reader.sequence >= at):
                reader.close(code)
            if count % SLICE == 0:
                yield

    def mark_deleted(self) -> None:
        """Mark the blog as deleted. Each event stream ends when it next wakes."""
        self.deleted = True
        self.generation += 1
        self._wake()

    def _wake(self) -> None:
        for wake in (*self.wakes, *self.streams):
            wake.set()
