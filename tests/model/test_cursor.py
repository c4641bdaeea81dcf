"""How a cursor is written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoppress.model import Cursor


@given(st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True), st.integers(0, 10**15 - 1))
def test_a_cursor_reads_what_it_writes(epoch: str, sequence: int) -> None:
    assert Cursor.parse(str(Cursor(epoch, sequence))) == Cursor(epoch, sequence)


@pytest.mark.parametrize("text", ["", "a", "a.", ".1", "a.01", "a.-1", "a b.1", "a.1.2", "a.٣", "a." + "9" * 16])
def test_what_is_no_cursor_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="EPOCH.SEQUENCE") as refused:
        Cursor.parse(text)
    assert repr(text) in str(refused.value)
