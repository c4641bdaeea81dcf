"""One reader, without any network: what is written to it, and what not, whatever happens in between."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.doubles import ChannelScene, LimitedTransport, cursors, drain, frames, messages, state_after, state_of
from hub.history import HistoryInMemory, histories
from stoppress.hub.encoded_message import close_frame, frame_format, payload
from stoppress.hub.reader import Reader
from stoppress.hub.roster import SLOTS
from stoppress.hub.subscriber import State
from stoppress.model import Cursor, apply
from stoppress.wire import Close, Form


def test_live_it_gets_each_change_once_in_order() -> None:
    scene = ChannelScene(HistoryInMemory())
    _, transport = scene.reader()
    scene.history.publish("a", "b")
    scene.follow()
    scene.history.publish("a")
    scene.follow()
    assert cursors(transport) == ["e1.0", "e1.1", "e1.2", "e1.3"]


def test_who_wakes_while_a_change_is_being_written_gets_it_once() -> None:
    scene = ChannelScene(HistoryInMemory())
    slow = [scene.reader(room=300) for _ in range(600)]
    scene.history.publish("a")
    scene.follow()
    assert all(state_of(reader) is State.LAGGING for reader, _ in slow)
    scene.history.publish("b")
    scene.follow()
    scene.history.publish("c")
    writing = scene.publish()
    for reader, transport in slow[:300]:
        drain(reader, transport)
    for number, _ in enumerate(writing):
        reader, transport = slow[300 + number]
        drain(reader, transport)
    for reader, transport in slow:
        drain(reader, transport)
    assert {tuple(cursors(transport)) for _, transport in slow} == {("e1.0", "e1.1", "e1.2", "e1.3")}


def test_behind_the_ring_it_asks_the_store_and_goes_live_at_its_head() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=2)
    scene.history.publish("a", "b", "c", "d")
    scene.follow()
    reader, transport = scene.reader(Cursor("e1", 1))
    assert (reader.state, scene.host.fetching) == (State.CATCHING_UP, [reader])
    reader.take(*scene.page(1, 2))
    assert state_of(reader) is State.CATCHING_UP
    scene.history.publish("e")
    scene.follow()
    reader.take(*scene.page(3, 2))
    assert state_of(reader) is State.LIVE
    assert cursors(transport) == ["e1.1", "e1.2", "e1.3", "e1.4", "e1.5"]


def test_the_store_may_be_ahead_of_the_channel_and_nothing_comes_twice() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=1)
    scene.history.publish("a", "b", "c")
    scene.follow()
    reader, transport = scene.reader(Cursor("e1", 0))
    scene.history.publish("d", "e")
    reader.take(*scene.page(0, 10))
    scene.follow()
    scene.history.publish("f")
    scene.follow()
    assert cursors(transport) == [f"e1.{number}" for number in range(7)]


def test_an_ended_blog_lets_a_slow_reader_go_once_it_has_everything() -> None:
    scene = ChannelScene(HistoryInMemory())
    reader, transport = scene.reader(room=300)
    scene.history.publish("a")
    scene.history.change(status="ended")
    scene.follow()
    assert state_of(reader) is State.LAGGING
    drain(reader, transport)
    assert cursors(transport) == ["e1.0", "e1.1", "e1.2"]
    assert state_of(reader) is State.CLOSING
    assert scene.channel.readers == 0


@pytest.mark.slow
@given(histories(), st.data())
def test_whatever_happens_a_reader_ends_with_what_a_fresh_load_shows(
    history: HistoryInMemory, data: st.DataObject
) -> None:
    """Any history, any cursor in it, any ring, any slowness, any page size: applied, it equals the state."""
    records = history.records["regatta"]
    total = len(records)
    scene = ChannelScene(history, ring_events=data.draw(st.integers(1, 10), "ring"))
    known = data.draw(st.integers(0, total), "the channel's head at the start")
    cursor = data.draw(st.integers(0, known), "the reader's cursor")
    limit = data.draw(st.integers(1, 5), "posts a page")
    for _ in scene.channel.publish(records[:known]):
        pass
    reader, transport = scene.reader(Cursor("e1", cursor), room=data.draw(st.integers(200, 5_000), "room"))

    def serve() -> None:
        while state_of(reader) is State.CATCHING_UP:
            reader.take(*scene.page(reader.sequence, limit))

    while scene.channel.head < total:
        match data.draw(st.sampled_from(["publish", "drain", "serve"]), "next"):
            case "publish":
                step = data.draw(st.integers(1, 3), "how many")
                for _ in scene.channel.publish(scene.news()[:step]):
                    pass
            case "drain" if transport.paused:
                transport.waiting, transport.paused = 0, False
                reader.resume()
            case _:
                serve()
    while transport.paused or state_of(reader) is State.CATCHING_UP:
        serve()
        drain(reader, transport)
    assert state_after(scene, apply({}, records[:cursor]), transport) == history.state()
    got = [int(text.partition(".")[2]) for text in cursors(transport)]
    assert got[1:] == sorted(set(got[1:]))
    assert reader.sequence == total


def test_what_it_lacks_goes_out_in_as_few_writes_as_the_buffer_allows() -> None:
    limit = 4_096
    scene = ChannelScene(HistoryInMemory(), write_buffer=limit)
    for number in range(40):
        scene.history.publish(f"p{number}", body="x" * (number % 7) * 300)
    scene.history.publish("large", body="x" * 3 * limit)
    scene.history.publish("small")
    scene.follow()
    _, transport = scene.reader(Cursor("e1", 0))
    assert cursors(transport) == [f"e1.{number}" for number in range(43)]
    assert all(transport.writes), "nothing is not written"
    assert all(len(one) <= limit for one in transport.writes if b"large" not in one)
    # Each write begins with what would not have fit into the one before it.
    for one, following in pairwise(transport.writes):
        assert len(one) + len(frames(following)[0]) > limit


def test_what_fits_the_buffer_exactly_goes_out_in_one_write_and_nothing_is_never_written() -> None:
    scene = ChannelScene(HistoryInMemory())
    reader, transport = scene.reader(room=100)
    scene.history.publish("large", body="x" * 10_000)
    scene.history.publish("a", "b")
    scene.follow()
    a, b = (scene.channel.ring.since(0) or [])[1:]
    scene.channel.chunk = len(a.frame(reader.frame_format)) + len(b.frame(reader.frame_format))
    transport.room = 1_000_000
    drain(reader, transport)
    assert [len(frames(one)) for one in transport.writes] == [1, 1, 2]


def test_every_change_of_a_catch_up_is_counted_as_delivered() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=1)
    scene.history.publish("a", "b", "c", "d", "e")
    scene.follow()
    reader, transport = scene.reader(Cursor("e1", 0))
    reader.take(*scene.page(0, 3))
    reader.take(*scene.page(3, 3))
    scene.channel.send_heartbeats(SLOTS)
    assert scene.counted("stoppress_deliveries_total", transport="socket") == 5
    assert scene.counted("stoppress_delivered_bytes_total") == len(transport.sent)


def test_a_reader_at_the_head_stands_there_although_what_it_lacked_was_compacted_away() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=1)
    scene.history.publish("a", "b", "c")
    scene.follow()
    reader, _ = scene.reader(Cursor("e1", 0))
    reader.take([], 3)
    assert (reader.state, reader.sequence) == (State.LIVE, 3)


def test_one_that_leaves_says_bye_with_its_own_cursor_once() -> None:
    scene = ChannelScene(HistoryInMemory())
    scene.history.publish("a")
    scene.follow()
    reader, transport = scene.reader()
    reader.send_bye(1_500, "restarting")
    assert messages(transport)[1] == {
        "type": "bye",
        "cursor": "e1.1",
        "retry_after_ms": 1_500,
        "reason": "restarting",
    }
    assert transport.sent.endswith(close_frame(Close.RESTARTING))
    assert scene.channel.readers == 0
    written = len(transport.writes)
    reader.send_bye(1_500, "restarting")
    reader.close(Close.OVERLOADED)
    assert len(transport.writes) == written


def test_what_is_closing_has_a_deadline_and_what_is_gone_has_none() -> None:
    scene = ChannelScene(HistoryInMemory())
    reader, _ = scene.reader()
    assert reader not in scene.host.expected
    reader.close(Close.ENDED)
    assert reader in scene.host.expected
    reader.pause()
    reader.resume()
    assert state_of(reader) is State.CLOSING
    reader.gone()
    assert reader not in scene.host.expected
    assert state_of(reader) is State.CLOSED


def test_the_answer_to_the_handshake_goes_out_with_the_greeting_and_the_reset() -> None:
    scene = ChannelScene(HistoryInMemory())
    scene.history.publish("a")
    scene.follow()
    transport = LimitedTransport()
    Reader(scene.channel, frame_format(Form.JSON), transport, scene.host).start(Cursor("e2", 0), before=b"101")
    (first,) = transport.writes
    assert first.startswith(b"101\x81")
    assert [json.loads(payload(one))["type"] for one in frames(first[3:])] == ["hello", "reset"]
