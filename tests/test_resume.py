"""Where a cursor leads: a table of cases, and the laws behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoppress.model import Cursor
from stoppress.resume import Continue, FromNow, History, Reset, Resume, resume

HEAD = Cursor("e1", 7)

EPOCHS = st.sampled_from(["e1", "e2", "e3"])
CURSORS = st.builds(Cursor, EPOCHS, st.integers(0, 12))


@pytest.mark.parametrize(
    ("cursor", "answer"),
    [
        pytest.param(None, FromNow(), id="no cursor"),
        pytest.param("e1.7", Continue(), id="at the head"),
        pytest.param("e1.6", Continue(), id="one change behind"),
        pytest.param("e1.0", Continue(), id="from the very beginning"),
        pytest.param("e1.8", Reset("ahead"), id="one change ahead"),
        pytest.param("e1.999999999999999", Reset("ahead"), id="as far ahead as a cursor can be"),
        pytest.param("e2.7", Reset("epoch"), id="the same number in another epoch"),
        pytest.param("e2.0", Reset("epoch"), id="the beginning of another epoch"),
        pytest.param("e2.8", Reset("epoch"), id="another epoch counts before a number that is ahead"),
        pytest.param("E1.7", Reset("epoch"), id="epochs differ by case"),
    ],
)
def test_where_a_cursor_leads(cursor: str | None, answer: Resume) -> None:
    assert resume(None if cursor is None else Cursor.parse(cursor), History(HEAD)) == answer


@pytest.mark.parametrize(
    ("cursor", "answer"),
    [
        pytest.param("e1.3", Reset("too_far_behind"), id="before the limit"),
        pytest.param("e1.4", Continue(), id="at the limit"),
        pytest.param("e2.3", Reset("epoch"), id="another epoch counts before the distance"),
        pytest.param("e1.8", Reset("ahead"), id="ahead of the head"),
    ],
)
def test_a_client_too_far_behind_reloads(cursor: str, answer: Resume) -> None:
    assert resume(Cursor.parse(cursor), History(HEAD, reload_before=4)) == answer


@given(CURSORS, CURSORS)
def test_a_client_goes_on_exactly_from_a_cursor_that_the_history_has_reached(cursor: Cursor, head: Cursor) -> None:
    reached = cursor.epoch == head.epoch and cursor.sequence <= head.sequence
    assert (resume(cursor, History(head)) == Continue()) == reached


@given(CURSORS, CURSORS, st.integers(0, 12))
def test_what_can_go_on_now_can_go_on_after_any_later_change(cursor: Cursor, head: Cursor, changes: int) -> None:
    later = History(Cursor(head.epoch, head.sequence + changes))
    if isinstance(resume(cursor, History(head)), Continue):
        assert resume(cursor, later) == Continue()


@given(CURSORS, CURSORS)
def test_after_a_reset_the_client_goes_on_from_the_head(cursor: Cursor, head: Cursor) -> None:
    if isinstance(resume(cursor, History(head)), Reset):
        assert resume(head, History(head)) == Continue()


@given(CURSORS, CURSORS)
def test_a_reset_says_why(cursor: Cursor, head: Cursor) -> None:
    match resume(cursor, History(head)):
        case Reset(reason="epoch"):
            assert cursor.epoch != head.epoch
        case Reset(reason="ahead"):
            assert cursor.epoch == head.epoch and cursor.sequence > head.sequence
