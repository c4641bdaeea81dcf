"""Readers are written to in the order in which they came, and heartbeats are spread over the interval."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stoppress.hub.encoded_message import Transport, frame_format
from stoppress.hub.roster import SLOTS, Roster
from stoppress.wire import Form


def a_reader(form: Form = Form.JSON, transport: Transport = "socket") -> Any:
    """As much of one as the roster looks at."""

    class ListedReader(SimpleNamespace):
        __hash__ = object.__hash__  # type: ignore[assignment]

    return ListedReader(frame_format=frame_format(form, transport=transport))


def test_they_are_given_out_by_dialect_and_in_the_order_they_came() -> None:
    roster = Roster()
    readers = [a_reader(Form.HTML if number % 3 else Form.JSON) for number in range(90)]
    for reader in readers:
        roster.add(reader)
    roster.discard(readers[3])
    roster.discard(readers[3])
    assert len(roster) == 89
    assert list(roster.in_format(frame_format(Form.JSON))) == [one for one in readers[::3] if one is not readers[3]]
    assert set(map(id, roster.everybody())) == {id(one) for one in readers if one is not readers[3]}
    assert roster.in_format(frame_format(Form.HTML, deflated=True)) == ()


def test_who_just_came_waits_longest_for_a_heartbeat() -> None:
    roster = Roster()
    list(roster.in_slot(7))
    reader = a_reader()
    roster.add(reader)
    order = [(8 + step) % SLOTS for step in range(SLOTS)]
    assert [slot for slot in order if reader in list(roster.in_slot(slot))] == [order[-1]]


def test_of_many_that_come_at_once_each_64_wait_one_slot_less() -> None:
    roster = Roster()
    list(roster.in_slot(7))
    crowd = [a_reader() for _ in range(3 * 64)]
    for reader in crowd:
        roster.add(reader)
    assert [list(roster.in_slot(slot)) for slot in (7, 6, 5)] == [crowd[:64], crowd[64:128], crowd[128:]]
    late = a_reader()
    roster.add(late)
    assert late in list(roster.in_slot(5)), "after a heartbeat it begins with the slot that has just had its own"


def test_a_crowd_that_comes_at_once_is_spread_over_all_slots() -> None:
    roster = Roster()
    for _ in range(64 * SLOTS * 2):
        roster.add(a_reader())
    assert [len(list(roster.in_slot(slot))) for slot in range(SLOTS)] == [128] * SLOTS


def test_sockets_and_streams_are_counted_by_themselves() -> None:
    roster = Roster()
    readers = [a_reader(form, transport) for form in Form for transport in ("socket", "sse", "sse")]
    for reader in readers:
        roster.add(reader)
    assert (roster.count("socket"), roster.count("sse"), len(roster)) == (2, 4, 6)
    roster.discard(readers[1])
    assert (roster.count("socket"), roster.count("sse"), len(roster)) == (2, 3, 5)
