"""What records change: a revision that is not newer changes nothing, and the blog counts as of each record."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.history import HistoryInMemory, a_blog
from stoppress.model import Post, PostChanged, PostRemoved, Record, Tombstone, apply, as_of

NOW = datetime(2031, 5, 4, tzinfo=UTC)
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
