"""A channel: where it stands, and what it writes to whom when changes come."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from hub.doubles import ChannelScene, LimitedTransport, RecordingStream, cursors, drain, messages, state_of
from hub.history import HistoryInMemory, PlainMarkup, a_blog
from stoppress.hub.channel import SLICE, Channel
from stoppress.hub.encoded_message import close_frame, frame_format, payload
from stoppress.hub.reader import Reader
from stoppress.hub.roster import SLOTS
from stoppress.hub.subscriber import State
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.settings import Settings
from stoppress.store.base import BlogState
from stoppress.wire import Close, Form


def blog_of(message: dict[str, object]) -> dict[str, Any]:
    """What a message says of the blog."""
    return cast("dict[str, Any]", message["blog"])


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


# Where a reader begins


def test_a_reader_is_greeted_with_the_blog_as_it_now_is() -> None:
    scene = ChannelScene(HistoryInMemory())
    _, before = scene.reader(Cursor("e1", 0))
    scene.history.publish("a", "b")
    scene.follow()
    _, after = scene.reader(Cursor("e1", 0))
    assert [blog_of(messages(transport)[0])["posts"] for transport in (before, after)] == [0, 2]


def test_readers_that_come_with_one_cursor_are_greeted_by_the_same_bytes() -> None:
    scene = ChannelScene(HistoryInMemory())
    cursor = Cursor("e1", 0)
    assert scene.channel.hello(cursor).frame is scene.channel.hello(cursor).frame
    for number in range(200):  # as many cursors as anybody likes: they don't pile up, and each is named
        hello = json.loads(payload(scene.channel.hello(Cursor("other", number)).frame))
        assert hello["cursor"] == f"other.{number}"


def test_the_hello_says_whether_the_reader_goes_on() -> None:
    scene = ChannelScene(HistoryInMemory())
    head = scene.channel.cursor
    welcomes = [scene.channel.hello(cursor) for cursor in (None, head, Cursor("other", 0), head, None)]
    hellos = [json.loads(payload(each.frame)) for each in welcomes]
    assert [hello["resumed"] for hello in hellos] == [False, True, False, True, False]
    assert [each.reset is not None for each in welcomes] == [False, False, True, False, False]


def test_the_metrics_tell_what_brings_each_reader_up_to_date() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=2)
    scene.history.publish("a", "b", "c", "d")
    scene.follow()

    def resumes() -> dict[str, float]:
        return {kind: scene.counted("stoppress_resumes_total", kind=kind) for kind in ("ring", "store", "reset")}

    scene.reader()
    assert resumes() == {"ring": 0, "store": 0, "reset": 0}
    for sequence in (2, 3, 4):  # the ring has 3 and 4, which is all that a reader lacks who stands at 2
        scene.reader(Cursor("e1", sequence))
    assert resumes() == {"ring": 3, "store": 0, "reset": 0}
    scene.reader(Cursor("e1", 1))
    assert resumes() == {"ring": 3, "store": 1, "reset": 0}
    scene.reader(Cursor("e1", 5))
    scene.reader(Cursor("e2", 4))
    assert resumes() == {"ring": 3, "store": 1, "reset": 2}


# What is counted


def test_each_change_is_counted_once_and_each_delivery_for_every_reader() -> None:
    scene = ChannelScene(HistoryInMemory())
    readers = [scene.reader()[1] for _ in range(3)]
    scene.history.publish("a", "b")
    scene.follow()
    scene.history.publish("c")
    scene.follow()
    for _ in scene.channel.publish(scene.history.records["regatta"]):  # nothing of it is news
        pass
    assert scene.counted("stoppress_changes_total") == 3
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 9
    assert scene.counted("stoppress_delivered_bytes_total") == sum(len(transport.sent) for transport in readers)


def test_a_change_is_not_counted_for_who_did_not_get_it() -> None:
    scene = ChannelScene(HistoryInMemory())
    _, live = scene.reader()
    _, slow = scene.reader(room=100)
    scene.history.publish("a")
    scene.follow()
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 1
    assert scene.counted("stoppress_delivered_bytes_total") == len(live.sent) + len(slow.sent)


def test_what_a_reader_catches_up_on_is_counted_with_the_next_heartbeat() -> None:
    scene = ChannelScene(HistoryInMemory())
    scene.history.publish("a", "b", "a")
    scene.follow()
    _, transport = scene.reader(Cursor("e1", 0))
    sent = len(transport.sent)
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 0
    scene.channel.send_heartbeats(0)
    scene.channel.send_heartbeats(0)
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 2
    assert scene.counted("stoppress_delivered_bytes_total") == sent


def test_a_burst_in_pieces_is_counted_as_what_it_is() -> None:
    scene = ChannelScene(HistoryInMemory(), write_buffer=4_096)
    _, transport = scene.reader()
    scene.history.publish(*(f"p{number}" for number in range(20)), body="x" * 3_000)
    scene.follow()
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 20
    assert scene.counted("stoppress_delivered_bytes_total") == len(transport.sent)


def test_streams_that_are_written_to_are_counted_by_themselves() -> None:
    scene = ChannelScene(HistoryInMemory())
    _, socket = scene.reader()
    sse, stream = scene.reader(transport="sse")
    assert (scene.channel.sockets, scene.channel.event_streams, scene.channel.readers) == (1, 1, 2)
    scene.history.publish("a")
    before = len(stream.sent), len(socket.sent)
    scene.follow()
    assert scene.counted("stoppress_deliveries_total", transport="sse") == 1
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 1
    written = len(stream.sent) - before[0] + len(socket.sent) - before[1]
    scene.channel.send_heartbeats(0)
    assert scene.counted("stoppress_delivered_bytes_total") >= written
    sse.gone()
    assert (scene.channel.sockets, scene.channel.event_streams, scene.channel.readers) == (1, 0, 1)


def test_a_stream_that_is_written_to_gets_the_same_messages_as_events() -> None:
    scene = ChannelScene(HistoryInMemory())
    _, transport = scene.reader(transport="sse")
    scene.history.publish("a")
    scene.follow()
    for slot in range(SLOTS):
        scene.channel.send_heartbeats(slot)
    scene.channel.reset(BlogState(a_blog(), Cursor("e2", 0)), "epoch")
    for reader in scene.channel.everybody():
        reader.send_bye(1_500, "restarting")
    *_, change, heartbeat, reset, bye = transport.writes[:5]
    assert b"id: e1.1\nevent: change\n" in change
    assert b"\r\nevent: heartbeat\n" in heartbeat
    assert b"id: e2.0\nevent: reset\n" in reset
    assert b"\r\nretry: 1500\nevent: bye\n" in bye


def test_the_audience_is_everybody_by_socket_or_stream_here_and_elsewhere() -> None:
    scene = ChannelScene(HistoryInMemory())
    readers = [scene.reader()[0] for _ in range(3)]
    scene.channel.streams.update(RecordingStream() for _ in range(2))
    scene.channel.elsewhere = 10
    assert (scene.channel.sockets, scene.channel.readers, scene.channel.audience) == (3, 5, 15)
    readers[0].gone()
    assert (scene.channel.sockets, scene.channel.readers, scene.channel.audience) == (2, 4, 14)


# What happens to it


def test_others_may_run_after_so_many_writes() -> None:
    scene = ChannelScene(HistoryInMemory())
    crowd = [scene.reader()[1] for _ in range(2 * SLICE + 1)]
    scene.history.publish("a")
    writing = scene.publish()
    assert [sum(len(transport.writes) == 2 for transport in crowd) for _ in writing] == [
        SLICE,
        2 * SLICE,
        2 * SLICE + 1,
    ]
    scene.history.delete()
    closing = scene.channel.close_readers(Close.NO_SUCH_BLOG)
    assert [sum(len(transport.writes) == 3 for transport in crowd) for _ in closing] == [SLICE, 2 * SLICE]
    assert all(len(transport.writes) == 3 for transport in crowd)


def test_streams_and_whoever_waits_are_woken_by_each_change_reset_and_end() -> None:
    scene = ChannelScene(HistoryInMemory())
    stream, waiting = RecordingStream(), RecordingStream()
    scene.channel.streams.add(stream)
    scene.channel.wakes.add(waiting)
    scene.follow()
    assert (stream.woken, waiting.woken) == (0, 0)
    scene.history.publish("a", "b")
    scene.follow()
    assert (stream.woken, waiting.woken) == (1, 1)
    scene.channel.reset(BlogState(a_blog(), Cursor("e2", 0)), "epoch")
    assert (stream.woken, waiting.woken) == (2, 2)
    assert [block.split(b"\n")[:2] for block in stream.blocks] == [[b"id: e2.0", b"event: reset"]]
    scene.channel.mark_deleted()
    assert (stream.woken, waiting.woken) == (3, 3)
    assert scene.channel.deleted


def test_nobody_gets_the_rest_of_a_change_once_the_channel_has_begun_anew() -> None:
    scene = ChannelScene(HistoryInMemory())
    crowd = [scene.reader()[1] for _ in range(2 * SLICE)]
    scene.history.publish("a")
    writing = scene.publish()
    next(writing)
    scene.channel.reset(BlogState(a_blog(), Cursor("e2", 0)), "epoch")
    assert list(writing) == []
    assert {tuple(cursors(transport)) for transport in crowd[:SLICE]} == {("e1.0", "e1.1", "e2.0")}
    assert {tuple(cursors(transport)) for transport in crowd[SLICE:]} == {("e1.0", "e2.0")}


def test_each_generation_has_a_number_of_its_own() -> None:
    scene = ChannelScene(HistoryInMemory())
    numbers = [scene.channel.generation]
    for epoch in ("e2", "e3"):
        scene.channel.reset(BlogState(a_blog(), Cursor(epoch, 0)), "epoch")
        numbers.append(scene.channel.generation)
    scene.channel.mark_deleted()
    numbers.append(scene.channel.generation)
    assert len(set(numbers)) == 4


@pytest.mark.parametrize("status", ["ended", "archived"])
def test_when_the_blog_ends_who_has_everything_is_let_go_and_who_lacks_something_is_not(status: str) -> None:
    scene = ChannelScene(HistoryInMemory())
    quick, transport = scene.reader()
    slow, _ = scene.reader(room=100)
    scene.history.publish("a")
    scene.follow()
    assert not scene.channel.ended
    scene.history.change(status=status)
    scene.follow()
    assert scene.channel.ended
    assert transport.sent.endswith(close_frame(Close.ENDED))
    assert (quick.state, slow.state) == (State.CLOSING, State.LAGGING)


def test_who_joins_while_the_last_change_is_being_written_is_let_go_once() -> None:
    scene = ChannelScene(HistoryInMemory())
    scene.reader()
    scene.history.change(status="ended")
    writing = scene.publish()
    next(writing)
    reader, transport = scene.reader(Cursor("e1", 0))
    for _ in writing:
        pass
    assert cursors(transport) == ["e1.0", "e1.1"]
    assert transport.sent.count(close_frame(Close.ENDED)) == 1
    assert reader.state is State.CLOSING


def test_a_heartbeat_goes_to_live_readers_and_carries_the_head_and_the_audience() -> None:
    scene = ChannelScene(HistoryInMemory())
    scene.history.publish("a")
    scene.follow()
    _, live = scene.reader()
    _, slow = scene.reader(room=100)
    scene.channel.elsewhere = 5
    before = len(slow.writes)
    for slot in range(SLOTS):
        scene.channel.send_heartbeats(slot)
    assert messages(live)[1:] == [{"type": "heartbeat", "cursor": "e1.1", "readers": 7}]
    assert len(slow.writes) == before


# Filling the ring of a fresh channel


def fresh(history: HistoryInMemory, head: int) -> Channel:
    """A channel that was opened when the history had come to `head`."""
    state = BlogState(a_blog(posts=head), Cursor("e1", head))
    return Channel(state, markup=PlainMarkup(), settings=Settings(ring_events=10), metrics=Metrics())


def test_it_recalls_the_changes_that_led_to_its_head_and_moves_on_by_those_that_came_since() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c", "d")
    channel = fresh(history, 3)
    channel.load_history(history.records["regatta"][1:])
    assert (channel.head, channel.ring.start, channel.blog.posts) == (4, 1, 4)
    assert [message.sequence for message in channel.ring.since(1) or ()] == [2, 3, 4]


def test_changes_that_do_not_lead_to_its_head_are_not_loaded() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c", "d")
    for records in ([], history.records["regatta"][:2]):
        channel = fresh(history, 3)
        channel.load_history(records)
        assert (channel.head, channel.ring.start, len(channel.ring)) == (3, 3, 0)
