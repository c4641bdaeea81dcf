"""Flow control: what a full socket does to a reader."""

from __future__ import annotations

from hub.doubles import ChannelScene, cursors, drain, state_of
from hub.history import HistoryInMemory
from stoppress.hub.subscriber import State
from stoppress.model import Cursor
from stoppress.wire import Close


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


def test_a_full_socket_is_counted_as_one_lagging_reader_until_it_drains_closes_or_goes() -> None:
    scene = ChannelScene(HistoryInMemory())

    def lagging() -> float:
        return scene.counted("stoppress_readers_lagging")

    (first, transport), (second, _), (third, _) = (scene.reader(room=100) for _ in range(3))
    assert lagging() == 3
    first.pause()
    assert lagging() == 3
    drain(first, transport)
    assert lagging() == 2
    second.close(Close.OVERLOADED)
    assert lagging() == 1
    third.gone()
    assert lagging() == 0
    for reader in (first, second, third):
        reader.gone()
    assert lagging() == 0


def test_a_reader_that_fills_up_while_it_catches_up_lags_and_goes_on_from_where_it_stands() -> None:
    scene = ChannelScene(HistoryInMemory(), ring_events=1, write_buffer=4_096)
    scene.history.publish(*(f"p{number}" for number in range(10)), body="x" * 2_000)
    scene.follow()
    reader, transport = scene.reader(Cursor("e1", 0), room=5_000)
    reader.take(*scene.page(0, 9))
    assert state_of(reader) is State.LAGGING
    assert scene.counted("stoppress_readers_lagging") == 1
    stood = reader.sequence
    assert 0 < stood < 9
    drain(reader, transport)
    assert (reader.state, reader.sequence) == (State.CATCHING_UP, stood)
    assert scene.host.fetching == [reader, reader]
