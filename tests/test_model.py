"""The model's own rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.history import HistoryInMemory, a_blog
from stoppress.model import Cursor, Post, PostChanged, PostRemoved, Record, Tombstone, apply, as_of, rfc3339

NOW = datetime(2031, 5, 4, tzinfo=UTC)
moments = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True), st.integers(0, 10**15 - 1))
def test_a_cursor_reads_what_it_writes(epoch: str, sequence: int) -> None:
    assert Cursor.parse(str(Cursor(epoch, sequence))) == Cursor(epoch, sequence)


@pytest.mark.parametrize("text", ["", "a", "a.", ".1", "a.01", "a.-1", "a b.1", "a.1.2", "a.٣", "a." + "9" * 16])
def test_what_is_no_cursor_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="EPOCH.SEQUENCE") as refused:
        Cursor.parse(text)
    assert repr(text) in str(refused.value)


@given(moments)
def test_times_are_rfc_3339_and_exact_to_the_millisecond(at: datetime) -> None:
    assert datetime.fromisoformat(rfc3339(at)) == at
    assert rfc3339(at).endswith("Z")


entries = st.builds(
    lambda name, revision, removed: (
        PostRemoved(Tombstone(id=name, blog="b", revision=revision))
        if removed
        else PostChanged(
            "edited",
            Post(id=name, blog="b", revision=revision, status="published", created_at=NOW, title=f"{name}{revision}"),
        )
    ),
    st.sampled_from("abc"),
    st.integers(1, 6),
    st.booleans(),
)


def told(events: list[PostChanged | PostRemoved]) -> list[Record]:
    return [Record(i, 0, None, event) for i, event in enumerate(events)]


def _number(event: PostChanged | PostRemoved) -> tuple[str, int]:
    entry = event.post if isinstance(event, PostChanged) else event.tombstone
    return entry.id, entry.revision


# A revision is one thing only, as the store's commit sees to.
histories = st.lists(entries, unique_by=_number)


@given(histories)
def test_applied_twice_or_late_a_change_changes_nothing(events: list[PostChanged | PostRemoved]) -> None:
    once = apply({}, told(events))
    assert apply(once, told(events)) == once
    assert apply({}, told(events[::-1])) == once
    assert apply({}, told(events + events[::2])) == once


def test_the_blog_counts_as_of_each_record() -> None:
    history = HistoryInMemory()
    history.publish("a", "b")
    history.change(title="Lake regatta, postponed")
    _, second, third = history.records["regatta"]
    assert as_of(a_blog(), second).posts == 2
    assert as_of(a_blog(), third).title == "Lake regatta, postponed"
    assert as_of(a_blog(), third).posts == 2
