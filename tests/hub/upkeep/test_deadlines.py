"""How long a reader may be slow, and how long it may take to close."""

from __future__ import annotations

from hub.doubles import ChannelScene, RecordingHost, state_of
from hub.history import HistoryInMemory
from stoppress.hub.subscriber import State
from stoppress.hub.upkeep.deadlines import CLOSING_MAX, Deadlines
from stoppress.wire import Close


def test_too_slow_for_too_long_is_closed_then_aborted() -> None:
    now = 0.0
    scene = ChannelScene(HistoryInMemory())
    deadlines = Deadlines(30.0, lambda: now)
    scene.host = type(
        "DeadlineHost",
        (RecordingHost,),
        {"start_deadline": deadlines.start_deadline, "cancel_deadline": deadlines.cancel_deadline},
    )()
    reader, transport = scene.reader(room=100)
    now = 29.0
    deadlines.sweep()
    assert state_of(reader) is State.LAGGING
    now = 30.0
    deadlines.sweep()
    assert (reader.state, transport.aborted) == (State.CLOSING, False)
    assert transport.sent.endswith(b"\x88\x02" + int(Close.OVERLOADED).to_bytes(2))
    now += CLOSING_MAX
    deadlines.sweep()
    assert transport.aborted
