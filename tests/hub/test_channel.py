"""A channel: where it stands, and what it writes to whom when changes come."""

from __future__ import annotations

from hub.doubles import ChannelScene, LimitedTransport, cursors, drain, messages, state_of
from hub.history import HistoryInMemory, PlainMarkup, a_blog
from stoppress.hub.message import frame_format
from stoppress.hub.socket.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.model import Cursor
from stoppress.store.base import BlogState
from stoppress.wire import Form


def test_who_joins_while_a_change_is_being_written_gets_it_once() -> None:
    scene = ChannelScene(HistoryInMemory())
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
    assert all(cursors(transport) == ["e1.0", "e1.1"] for transport in crowd)


def test_a_burst_larger_than_the_buffer_is_not_written_at_one_go() -> None:
    scene = ChannelScene(HistoryInMemory(), write_buffer=4_096)
    reader, transport = scene.reader(room=4_096)
    scene.history.publish(*(f"p{number}" for number in range(20)), body="x" * 3_000)
    scene.follow()
    assert state_of(reader) is State.LAGGING
    assert transport.waiting < 3 * 4_096
    drain(reader, transport)
    assert cursors(transport) == [f"e1.{number}" for number in range(21)]


def test_a_reset_reaches_each_reader_in_whatever_state() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=1)
    scene.history.publish("a", "b", "c")
    scene.follow()
    readers = [scene.reader(), scene.reader(room=100), scene.reader(Cursor("e1", 0))]
    assert [reader.state for reader, _ in readers] == [State.LIVE, State.LAGGING, State.CATCHING_UP]
    scene.channel.reset(BlogState(a_blog(), Cursor("e2", 0)), "epoch")
    scene.history.begin(a_blog())
    scene.history.publish("z")
    scene.follow()
    for reader, transport in readers:
        drain(reader, transport)
        assert [(m["type"], m["cursor"]) for m in messages(transport)][1:] == [("reset", "e2.0"), ("post", "e2.1")]
        assert state_of(reader) is State.LIVE


def test_a_post_that_can_not_be_rendered_is_not_kept_from_the_other_form() -> None:
    class Broken(PlainMarkup):
        def dateline(self, blog: object) -> str:
            raise ZeroDivisionError

    scene = ChannelScene(HistoryInMemory())
    scene.channel.markup = Broken()
    page = Reader(scene.channel, frame_format(Form.HTML), LimitedTransport(), scene.host)
    page.start(None)
    _, app = scene.reader()
    scene.history.publish("a")
    scene.follow()
    assert cursors(app) == ["e1.0", "e1.1"]
    assert page.state is State.CLOSING
