"""How long a reader may be slow, and how long it may take to close."""

from __future__ import annotations

from hub.doubles import ChannelScene, RecordingHost, state_of
from hub.history import HistoryInMemory
from stoppress.hub.subscriber import State
from stoppress.hub.upkeep.slow_readers import CLOSING_MAX, SlowReaders
from stoppress.wire import Close


def test_too_slow_for_too_long_is_closed_then_aborted() -> None:
    now = 0.0
    scene = ChannelScene(HistoryInMemory())
    slow_readers = SlowReaders(30.0, lambda: now)
    scene.host = type(
        "DeadlineHost",
        (RecordingHost,),
        {"start_deadline": slow_readers.start_deadline, "cancel_deadline": slow_readers.cancel_deadline},
    )()
    reader, transport = scene.reader(room=100)
    now = 29.0
    slow_readers.sweep()
    assert state_of(reader) is State.LAGGING
    now = 30.0
    slow_readers.sweep()
    assert (reader.state, transport.aborted) == (State.CLOSING, False)
    assert transport.sent.endswith(b"\x88\x02" + int(Close.OVERLOADED).to_bytes(2))
    now += CLOSING_MAX
    slow_readers.sweep()
    assert transport.aborted
