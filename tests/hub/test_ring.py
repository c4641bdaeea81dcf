"""The ring: bounded in changes and bytes, and compacted for whoever comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.history import HistoryInMemory, PlainMarkup, a_blog, histories
from stoppress.hub.encoded_message import Message
from stoppress.hub.ring import CatchUpLimits, Ring
from stoppress.model import Record, apply


def prepared(record: Record) -> Message:
    return Message(record, a_blog(), "e1", PlainMarkup())


def ring(history: HistoryInMemory, *, events: int = 1000, size: int = 10_000_000) -> Ring:
    kept = Ring(0, events=events, size=size)
    for record in history.records["regatta"]:
        kept.append(prepared(record))
    return kept


def sequences(messages: list[Message] | None) -> list[int] | None:
    return None if messages is None else [message.sequence for message in messages]


def test_only_the_last_word_on_each_post_and_on_the_blog_counts() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "a")
    history.change(title="Lake regatta, heat two")
    history.change(title="Lake regatta, heat three")
    history.remove("b")
    kept = ring(history)
    assert sequences(kept.since(0)) == [3, 5, 6]
    assert sequences(kept.since(3)) == [5, 6]
    assert sequences(kept.since(6)) == []


def test_ahead_of_it_nothing_is_lacking() -> None:
    assert sequences(ring(HistoryInMemory()).since(7)) == []


def test_a_ring_of_so_many_changes_lets_the_oldest_go() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c", "d")
    kept = ring(history, events=2)
    assert (len(kept), kept.start) == (2, 2)
    assert sequences(kept.since(1)) is None
    assert sequences(kept.since(2)) == [3, 4]


def test_a_ring_of_so_many_bytes_lets_the_oldest_go() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c", body="x" * 10_000)
    one = prepared(history.records["regatta"][0]).size
    assert one > 4 * 10_000
    kept = ring(history, size=2 * one + 100)
    assert sequences(kept.since(kept.start)) == [2, 3]


def test_one_change_larger_than_the_ring_leaves_it_empty_and_honest() -> None:
    history = HistoryInMemory()
    history.publish("a", body="x" * 50_000)
    kept = ring(history, size=1000)
    assert (len(kept), kept.start) == (0, 1)
    assert kept.since(0) is None
    assert kept.since(1) == []


@given(histories(), st.data())
def test_from_any_cursor_what_the_ring_gives_leads_to_the_state(history: HistoryInMemory, data: st.DataObject) -> None:
    records = history.records["regatta"]
    kept = ring(history, events=data.draw(st.integers(1, 40)))
    cursor = data.draw(st.integers(0, len(records)))
    lacking = kept.since(cursor)
    assert (lacking is None) == (cursor < kept.start)
    if lacking is not None:
        by_sequence = {record.sequence: record for record in records}
        state = apply(apply({}, records[:cursor]), [by_sequence[message.sequence] for message in lacking])
        assert state == history.state()
        assert len({message.about for message in lacking}) == len(lacking)
        assert sequences(lacking) == sorted(message.sequence for message in lacking)


@given(histories(), st.integers(1, 8), st.integers(0, 20_000))
def test_it_keeps_the_latest_changes_and_as_many_as_both_bounds_allow(
    history: HistoryInMemory, events: int, size: int
) -> None:
    changes = [prepared(record) for record in history.records["regatta"]]
    kept = Ring(0, events=events, size=size)
    for change in changes:
        kept.append(change)

    def fits(latest: list[Message]) -> bool:
        return len(latest) <= events and sum(change.size for change in latest) <= size

    held = changes[len(changes) - len(kept) :]
    assert fits(held)
    assert held == changes or not fits(changes[-len(held) - 1 :])
    assert kept.start == (held[0].sequence - 1 if held else len(changes))


def test_both_bounds_may_be_met_exactly() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c")
    sizes = [prepared(record).size for record in history.records["regatta"]]
    kept = ring(history, events=3, size=sum(sizes))
    assert (len(kept), kept.start) == (3, 0)


# The limit at which a reader reloads


LARGE = "<p>" + "wind " * 400 + "</p>"


def test_a_reader_that_lacks_more_changes_than_the_limit_reloads() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(20)))
    assert ring(history).reload_before(20, CatchUpLimits(5, 1_000_000, 3)) == 15
    assert ring(history).reload_before(20, CatchUpLimits(20, 1_000_000, 3)) == 0


def test_changes_of_one_post_count_once_towards_the_limit() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", *("score" for _ in range(50)))
    assert ring(history).reload_before(52, CatchUpLimits(3, 1_000_000, 3)) == 0
    assert ring(history).reload_before(52, CatchUpLimits(2, 1_000_000, 2)) == 1


def test_bytes_count_only_beyond_the_posts_of_a_page() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(20)), body=LARGE)
    assert ring(history).reload_before(20, CatchUpLimits(100, 5_000, 10)) == 10
    assert ring(history).reload_before(20, CatchUpLimits(100, 50_000, 10)) == 0


def test_older_changes_than_the_ring_has_each_count() -> None:
    history = HistoryInMemory()
    history.publish(*("score" for _ in range(50)))
    short = ring(history, events=10)
    assert short.reload_before(50, CatchUpLimits(20, 1_000_000, 5)) == 30
    assert short.reload_before(50, CatchUpLimits(5, 1_000_000, 5)) == 40, "what the ring has counts compacted"
    assert short.reload_before(50, CatchUpLimits(100, 1_000_000, 5)) == 0


@given(histories(), st.integers(1, 5), st.integers(1, 30))
def test_a_reader_within_the_limit_lacks_no_more_than_it(history: HistoryInMemory, changes: int, events: int) -> None:
    head = history.head().sequence
    kept = ring(history, events=events)
    floor = kept.reload_before(head, CatchUpLimits(changes, 1_000_000, changes))
    assert 0 <= floor <= head
    for sequence in range(floor, head + 1):
        lacking = kept.since(sequence)
        assert len(lacking) <= changes if lacking is not None else head - sequence <= changes
