"""One reader, without any network: what is written to it, and what not, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.history import HistoryInMemory, PlainMarkup, a_blog
from hub.test_ring import histories
from stoppress.hub.channel import Channel
from stoppress.hub.message import Message, as_of, frame_format
from stoppress.hub.socket.reader import Reader
from stoppress.hub.socket.state import State
from stoppress.hub.upkeep.deadlines import CLOSING_MAX, Deadlines
from stoppress.metrics import Metrics
from stoppress.model import Cursor, Post, PostChanged, PostRemoved, Record, Tombstone, apply
from stoppress.settings import Settings
from stoppress.store.base import BlogState
from stoppress.wire import Close, Form


class Pipe:
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


class Office:
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


class Scene:
    """A channel that follows `history` only when told to."""

    def __init__(self, history: HistoryInMemory, **chosen: int) -> None:
        self.history = history
        self.office = Office()
        self.metrics = Metrics()
        self.channel = Channel(
            BlogState(a_blog(), Cursor("e1", 0)),
            host=self.office,
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

    def reader(self, cursor: Cursor | None = None, room: int = 1_000_000) -> tuple[Reader, Pipe]:
        pipe = Pipe(room)
        reader = Reader(self.channel, frame_format(Form.JSON), pipe)
        pipe.halt = reader.pause
        reader.start(cursor)
        return reader, pipe

    def page(self, after: int, limit: int) -> tuple[list[Message], int | None]:
        """What the store says happened after `after`."""
        last: dict[str | None, Message] = {}
        for record in self.history.records["regatta"]:
            message = Message(record, as_of(a_blog(), record), "e1", PlainMarkup())
            last[message.about] = message
        lacking = sorted((m for m in last.values() if m.sequence > after), key=lambda m: m.sequence)
        return lacking[:limit], None if len(lacking) > limit else len(self.history.records["regatta"])


def messages(pipe: Pipe) -> list[dict[str, object]]:
    """The text frames that were sent."""
    found, rest = [], pipe.sent
    while rest:
        start = {126: 4, 127: 10}.get(rest[1], 2)
        length = rest[1] if start == 2 else int.from_bytes(rest[2:start])
        if rest[0] == 0x81:
            found.append(json.loads(rest[start : start + length]))
        rest = rest[start + length :]
    return found


def cursors(pipe: Pipe) -> list[str]:
    return [str(message["cursor"]) for message in messages(pipe)]


def state_of(reader: Reader) -> State:
    """Its state now: a type checker believes that an attribute, once compared, stays."""
    return reader.state


def drain(reader: Reader, pipe: Pipe) -> None:
    while pipe.paused:
        pipe.waiting, pipe.paused = 0, False
        reader.resume()


def state_after(scene: Scene, before: dict[str, Post | Tombstone], pipe: Pipe) -> dict[str, Post | Tombstone]:
    """What a client makes of what it was sent."""
    events: list[Record] = []
    for message in messages(pipe):
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


def test_live_it_gets_each_change_once_in_order() -> None:
    scene = Scene(HistoryInMemory())
    _, pipe = scene.reader()
    scene.history.publish("a", "b")
    scene.follow()
    scene.history.publish("a")
    scene.follow()
    assert cursors(pipe) == ["e1.0", "e1.1", "e1.2", "e1.3"]


def test_who_joins_while_a_change_is_being_written_gets_it_once() -> None:
    scene = Scene(HistoryInMemory())
    crowd = [scene.reader()[1] for _ in range(600)]
    scene.history.publish("a")
    writing = scene.publish()
    next(writing)
    _, fresh = scene.reader()
    _, back = scene.reader(Cursor("e1", 0))
    for _ in writing:
        pass
    assert cursors(fresh) == ["e1.1"]
    assert cursors(back) == ["e1.0", "e1.1"]
    assert all(cursors(pipe) == ["e1.0", "e1.1"] for pipe in crowd)


def test_who_wakes_while_a_change_is_being_written_gets_it_once() -> None:
    scene = Scene(HistoryInMemory())
    slow = [scene.reader(room=300) for _ in range(600)]
    scene.history.publish("a")
    scene.follow()
    assert all(state_of(reader) is State.LAGGING for reader, _ in slow)
    scene.history.publish("b")
    scene.follow()
    scene.history.publish("c")
    writing = scene.publish()
    for reader, pipe in slow[:300]:
        drain(reader, pipe)
    for number, _ in enumerate(writing):
        reader, pipe = slow[300 + number]
        drain(reader, pipe)
    for reader, pipe in slow:
        drain(reader, pipe)
    assert {tuple(cursors(pipe)) for _, pipe in slow} == {("e1.0", "e1.1", "e1.2", "e1.3")}


def test_a_slow_reader_gets_nothing_while_its_socket_is_full_then_the_last_state() -> None:
    scene = Scene(HistoryInMemory())
    reader, pipe = scene.reader(room=100)
    assert state_of(reader) is State.LAGGING
    assert reader in scene.office.expected
    sent = len(pipe.sent)
    for _ in range(50):
        scene.history.publish("a")
        scene.follow()
    assert len(pipe.sent) == sent
    drain(reader, pipe)
    assert cursors(pipe) == ["e1.0", "e1.50"]
    assert state_of(reader) is State.LIVE
    assert not scene.office.expected


def test_a_burst_larger_than_the_buffer_is_not_written_at_one_go() -> None:
    scene = Scene(HistoryInMemory(), write_buffer=4_096)
    reader, pipe = scene.reader(room=4_096)
    scene.history.publish(*(f"p{number}" for number in range(20)), body="x" * 3_000)
    scene.follow()
    assert state_of(reader) is State.LAGGING
    assert pipe.waiting < 3 * 4_096
    drain(reader, pipe)
    assert cursors(pipe) == [f"e1.{number}" for number in range(21)]


def test_behind_the_ring_it_asks_the_store_and_goes_live_at_its_head() -> None:
    scene = Scene(HistoryInMemory(), ring_events=2)
    scene.history.publish("a", "b", "c", "d")
    scene.follow()
    reader, pipe = scene.reader(Cursor("e1", 1))
    assert (reader.state, scene.office.fetching) == (State.CATCHING_UP, [reader])
    reader.take(*scene.page(1, 2))
    assert state_of(reader) is State.CATCHING_UP
    scene.history.publish("e")
    scene.follow()
    reader.take(*scene.page(3, 2))
    assert state_of(reader) is State.LIVE
    assert cursors(pipe) == ["e1.1", "e1.2", "e1.3", "e1.4", "e1.5"]


def test_the_store_may_be_ahead_of_the_channel_and_nothing_comes_twice() -> None:
    scene = Scene(HistoryInMemory(), ring_events=1)
    scene.history.publish("a", "b", "c")
    scene.follow()
    reader, pipe = scene.reader(Cursor("e1", 0))
    scene.history.publish("d", "e")
    reader.take(*scene.page(0, 10))
    scene.follow()
    scene.history.publish("f")
    scene.follow()
    assert cursors(pipe) == [f"e1.{number}" for number in range(7)]


def test_an_ended_blog_lets_a_slow_reader_go_once_it_has_everything() -> None:
    scene = Scene(HistoryInMemory())
    reader, pipe = scene.reader(room=300)
    scene.history.publish("a")
    scene.history.change(status="ended")
    scene.follow()
    assert state_of(reader) is State.LAGGING
    drain(reader, pipe)
    assert cursors(pipe) == ["e1.0", "e1.1", "e1.2"]
    assert state_of(reader) is State.CLOSING
    assert scene.channel.readers == 0


def test_a_reset_reaches_each_reader_in_whatever_state() -> None:
    scene = Scene(HistoryInMemory(), ring_events=1)
    scene.history.publish("a", "b", "c")
    scene.follow()
    readers = [scene.reader(), scene.reader(room=100), scene.reader(Cursor("e1", 0))]
    assert [reader.state for reader, _ in readers] == [State.LIVE, State.LAGGING, State.CATCHING_UP]
    scene.channel.reset(BlogState(a_blog(), Cursor("e2", 0)), "epoch")
    scene.history.begin(a_blog())
    scene.history.publish("z")
    scene.follow()
    for reader, pipe in readers:
        drain(reader, pipe)
        assert [(m["type"], m["cursor"]) for m in messages(pipe)][1:] == [("reset", "e2.0"), ("post", "e2.1")]
        assert state_of(reader) is State.LIVE


def test_a_post_that_can_not_be_rendered_is_not_kept_from_the_other_form() -> None:
    class Broken(PlainMarkup):
        def dateline(self, blog: object) -> str:
            raise ZeroDivisionError

    scene = Scene(HistoryInMemory())
    scene.channel.markup = Broken()
    page = Reader(scene.channel, frame_format(Form.HTML), Pipe())
    page.start(None)
    _, app = scene.reader()
    scene.history.publish("a")
    scene.follow()
    assert cursors(app) == ["e1.0", "e1.1"]
    assert page.state is State.CLOSING


def test_too_slow_for_too_long_is_closed_then_aborted() -> None:
    now = 0.0
    scene = Scene(HistoryInMemory())
    deadlines = Deadlines(30.0, lambda: now)
    scene.channel.host = type("Sexton", (Office,), {"expect": deadlines.expect, "relax": deadlines.relax})()
    reader, pipe = scene.reader(room=100)
    now = 29.0
    deadlines.sweep()
    assert state_of(reader) is State.LAGGING
    now = 30.0
    deadlines.sweep()
    assert (reader.state, pipe.aborted) == (State.CLOSING, False)
    assert pipe.sent.endswith(b"\x88\x02" + int(Close.OVERLOADED).to_bytes(2))
    now += CLOSING_MAX
    deadlines.sweep()
    assert pipe.aborted


@settings(deadline=None)
@given(histories(), st.data())
def test_whatever_happens_a_reader_ends_with_what_a_fresh_load_shows(
    history: HistoryInMemory, data: st.DataObject
) -> None:
    """Any history, any cursor in it, any ring, any slowness, any page size: applied, it equals the state."""
    records = history.records["regatta"]
    total = len(records)
    scene = Scene(history, ring_events=data.draw(st.integers(1, 10), "ring"))
    known = data.draw(st.integers(0, total), "the channel's head at the start")
    cursor = data.draw(st.integers(0, known), "the reader's cursor")
    limit = data.draw(st.integers(1, 5), "posts a page")
    for _ in scene.channel.publish(records[:known]):
        pass
    reader, pipe = scene.reader(Cursor("e1", cursor), room=data.draw(st.integers(200, 5_000), "room"))

    def serve() -> None:
        while state_of(reader) is State.CATCHING_UP:
            reader.take(*scene.page(reader.sequence, limit))

    while scene.channel.head < total:
        match data.draw(st.sampled_from(["publish", "drain", "serve"]), "next"):
            case "publish":
                step = data.draw(st.integers(1, 3), "how many")
                for _ in scene.channel.publish(scene.news()[:step]):
                    pass
            case "drain" if pipe.paused:
                pipe.waiting, pipe.paused = 0, False
                reader.resume()
            case _:
                serve()
    while pipe.paused or state_of(reader) is State.CATCHING_UP:
        serve()
        drain(reader, pipe)
    assert state_after(scene, apply({}, records[:cursor]), pipe) == history.state()
    got = [int(text.partition(".")[2]) for text in cursors(pipe)]
    assert got[1:] == sorted(set(got[1:]))
    assert reader.sequence == total
