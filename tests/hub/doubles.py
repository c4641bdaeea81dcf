"""Stand-ins for what surrounds a channel and its readers: a transport that fills up, a host that notes its calls.

`ChannelScene` puts them together: a channel that follows a history in memory only when it is told to. `Following` has
what keeps channels at their histories: the verifier and the tail.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from hub.history import NOON, HistoryInMemory, PlainMarkup, a_blog
from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Source
from stoppress.hub.encoded_message import Message, Transport, frame_format, payload
from stoppress.hub.follow.tail import Pace, Tail
from stoppress.hub.follow.verify_with_store import Verifier
from stoppress.hub.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.metrics import Metrics
from stoppress.model import Cursor, Post, PostChanged, PostRemoved, Record, Tombstone, apply, as_of
from stoppress.settings import Settings
from stoppress.store.base import BlogState, Store
from stoppress.task_cancellation import end
from stoppress.wire import Form
from waiting import eventually


class LimitedTransport:
    """A transport that takes `room` bytes, then calls a halt until it is drained."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.waiting = 0
        self.writes: list[bytes] = []
        self.aborted = False
        self.paused = False
        self.halt: Callable[[], None] = lambda: None

    @property
    def sent(self) -> bytes:
        return b"".join(self.writes)

    def write(self, data: bytes, /) -> None:
        self.writes.append(data)
        self.waiting += len(data)
        if self.waiting > self.room and not self.paused:
            self.paused = True
            self.halt()

    def abort(self) -> None:
        self.aborted = True


class RecordingHost:
    """The hub's part: it notes what readers ask for."""

    def __init__(self) -> None:
        self.fetching: list[Reader] = []
        self.expected: set[Reader] = set()

    def fetch(self, reader: Reader) -> None:
        self.fetching.append(reader)

    def start_deadline(self, reader: Reader) -> None:
        self.expected.add(reader)

    def cancel_deadline(self, reader: Reader) -> None:
        self.expected.discard(reader)


class RecordingStream:
    """A reader by Server-Sent Events: it notes what it is told."""

    def __init__(self) -> None:
        self.woken = 0
        self.blocks: list[bytes] = []

    def set(self) -> None:
        self.woken += 1

    def reset(self, block: bytes) -> None:
        self.blocks.append(block)

    def send_bye(self, retry_after_ms: int, reason: str) -> None:
        self.blocks.append(reason.encode())


def counted(metrics: Metrics, name: str, **labels: str) -> float:
    """What a metric says; 0 when there is no such sample."""
    return metrics.registry.get_sample_value(name, labels) or 0.0


class ChannelScene:
    """A channel that follows `history` only when told to."""

    def __init__(self, history: HistoryInMemory, **chosen: int) -> None:
        self.history = history
        self.host = RecordingHost()
        self.metrics = Metrics()
        self.channel = Channel(
            BlogState(a_blog(), Cursor("e1", 0)),
            markup=PlainMarkup(),
            settings=Settings(**chosen),  # type: ignore[arg-type]
            metrics=self.metrics,
        )

    def news(self) -> list[Record]:
        return self.history.records["regatta"][self.channel.head :]

    def publish(self) -> Iterator[None]:
        return self.channel.publish(self.news())

    def counted(self, name: str, **labels: str) -> float:
        return counted(self.metrics, name, **labels)

    def follow(self) -> None:
        for _ in self.publish():
            pass

    def reader(
        self, cursor: Cursor | None = None, room: int = 1_000_000, transport: Transport = "socket"
    ) -> tuple[Reader, LimitedTransport]:
        limited = LimitedTransport(room)
        reader = Reader(self.channel, frame_format(Form.JSON, transport=transport), limited, self.host)
        limited.halt = reader.pause
        reader.start(cursor)
        return reader, limited

    def page(self, after: int, limit: int) -> tuple[list[Message], int | None]:
        """What the store says happened after `after`."""
        last: dict[str | None, Message] = {}
        for record in self.history.records["regatta"]:
            message = Message(record, as_of(a_blog(), record), "e1", PlainMarkup())
            last[message.about] = message
        lacking = sorted((m for m in last.values() if m.sequence > after), key=lambda m: m.sequence)
        return lacking[:limit], None if len(lacking) > limit else len(self.history.records["regatta"])


def frames(data: bytes) -> list[bytes]:
    """Unmasked frames, one by one."""
    found = []
    while data:
        start = {126: 4, 127: 10}.get(data[1], 2)
        length = data[1] if start == 2 else int.from_bytes(data[2:start])
        found.append(data[: start + length])
        data = data[start + length :]
    return found


def content_of_chunks(sent: bytes) -> bytes:
    """The content of a complete response in chunks."""
    found = []
    while True:
        size, _, sent = sent.partition(b"\r\n")
        length = int(size, 16)
        found.append(sent[:length])
        assert sent[length : length + 2] == b"\r\n"
        sent = sent[length + 2 :]
        if not length:
            assert sent == b""
            return b"".join(found)


def messages(transport: LimitedTransport) -> list[dict[str, object]]:
    """What the text frames say that were sent."""
    return [json.loads(payload(frame)) for frame in frames(transport.sent) if frame[0] == 0x81]


def cursors(transport: LimitedTransport) -> list[str]:
    return [str(message["cursor"]) for message in messages(transport)]


def state_of(reader: Reader) -> State:
    """Its state now: a type checker believes that an attribute, once compared, stays."""
    return reader.state


def drain(reader: Reader, transport: LimitedTransport) -> None:
    while transport.paused:
        transport.waiting, transport.paused = 0, False
        reader.resume()


def state_after(
    scene: ChannelScene, before: dict[str, Post | Tombstone], transport: LimitedTransport
) -> dict[str, Post | Tombstone]:
    """What a client makes of what it was sent."""
    events: list[Record] = []
    for message in messages(transport):
        match message["type"]:
            case "post":
                event: PostChanged | PostRemoved = PostChanged("edited", Post.model_validate(message["post"]))
            case "remove":
                event = PostRemoved(
                    Tombstone.model_validate({"blog": "regatta", "id": message["id"], "revision": message["revision"]})
                )
            case _:
                continue
        events.append(Record(0, 0, None, event))
    return apply(before, events)


class Following:
    """Channels that a verifier and a tail keep at `history`. Nothing is followed until it is `open`ed."""

    def __init__(self, history: HistoryInMemory, *, verify: float = 3600.0, burst_window: float = 0.0) -> None:
        self.history = history
        self.metrics = Metrics()
        self.channels = Channels()
        self.now = NOON
        self.worked = 0
        self.source = Source(cast(Store, history), history)
        self.verifier = Verifier(self.channels, self.source, self.metrics, verify)
        self.pauses: list[float] = []
        pace = Pace(burst_window, self._time_of_day, self._note_work, self._sleep)
        self.tail = Tail(self.channels, self.source, self.verifier, self.metrics, pace)

    def _time_of_day(self) -> datetime:
        return self.now

    def _note_work(self) -> None:
        self.worked += 1

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    def counted(self, name: str, **labels: str) -> float:
        return counted(self.metrics, name, **labels)

    def make(self, state: BlogState) -> Channel:
        return Channel(state, markup=PlainMarkup(), settings=Settings(), metrics=self.metrics)

    def open(self, blog: str = "regatta", cursor: Cursor | None = None) -> Channel:
        """The blog's channel, at the head or at `cursor`, and followed from now on."""
        channel = self.make(BlogState(self.history.stored[blog], cursor or self.history.head(blog)))
        self.channels.add(channel)
        return channel

    @asynccontextmanager
    async def running(self, *tasks: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """While `tasks`, such as `tail.run()`, run."""
        made = [asyncio.create_task(task) for task in tasks]
        try:
            yield
        finally:
            await end(made)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Return when it holds."""

        async def holds() -> object:
            return condition()

        await eventually(holds, what)
