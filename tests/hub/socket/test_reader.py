"""One reader, without any network: what is written to it, and what not, whatever happens in between."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.doubles import ChannelScene, cursors, drain, state_after, state_of
from hub.history import HistoryInMemory, histories
from stoppress.hub.subscriber import State
from stoppress.model import Cursor, apply


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


def test_a_slow_reader_gets_nothing_while_its_socket_is_full_then_the_last_state() -> None:
    scene = ChannelScene(HistoryInMemory())
    reader, transport = scene.reader(room=100)
    assert state_of(reader) is State.LAGGING
    assert reader in scene.host.expected
    sent = len(transport.sent)
    for _ in range(50):
        scene.history.publish("a")
        scene.follow()
    assert len(transport.sent) == sent
    drain(reader, transport)
    assert cursors(transport) == ["e1.0", "e1.50"]
    assert state_of(reader) is State.LIVE
    assert not scene.host.expected


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


@settings(deadline=None)
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
