"""Stand-ins for what surrounds a channel and its readers: a transport that fills up, a host that notes its calls.

`ChannelScene` puts them together: a channel that follows a history in memory only when it is told to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hub.history import HistoryInMemory, PlainMarkup, a_blog
from stoppress.hub.channel import Channel
from stoppress.hub.message import Message, frame_format
from stoppress.hub.socket.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.metrics import Metrics
from stoppress.model import Cursor, Post, PostChanged, PostRemoved, Record, Tombstone, apply, as_of
from stoppress.settings import Settings
from stoppress.store.base import BlogState
from stoppress.wire import Form


class LimitedTransport:
    """A transport that takes `room` bytes, then calls a halt until it is drained."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.waiting = 0
        self.sent = b""
        self.aborted = False
        self.paused = False
        self.halt: Callable[[], None] = lambda: None

    def write(self, data: bytes, /) -> None:
        self.sent += data
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

    def expect(self, reader: Reader) -> None:
        self.expected.add(reader)

    def relax(self, reader: Reader) -> None:
        self.expected.discard(reader)


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

    def follow(self) -> None:
        for _ in self.publish():
            pass

    def reader(self, cursor: Cursor | None = None, room: int = 1_000_000) -> tuple[Reader, LimitedTransport]:
        transport = LimitedTransport(room)
        reader = Reader(self.channel, frame_format(Form.JSON), transport, self.host)
        transport.halt = reader.pause
        reader.start(cursor)
        return reader, transport

    def page(self, after: int, limit: int) -> tuple[list[Message], int | None]:
        """What the store says happened after `after`."""
        last: dict[str | None, Message] = {}
        for record in self.history.records["regatta"]:
            message = Message(record, as_of(a_blog(), record), "e1", PlainMarkup())
            last[message.about] = message
        lacking = sorted((m for m in last.values() if m.sequence > after), key=lambda m: m.sequence)
        return lacking[:limit], None if len(lacking) > limit else len(self.history.records["regatta"])


def messages(transport: LimitedTransport) -> list[dict[str, object]]:
    """The text frames that were sent."""
    found, rest = [], transport.sent
    while rest:
        start = {126: 4, 127: 10}.get(rest[1], 2)
        length = rest[1] if start == 2 else int.from_bytes(rest[2:start])
        if rest[0] == 0x81:
            found.append(json.loads(rest[start : start + length]))
        rest = rest[start + length :]
    return found


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
