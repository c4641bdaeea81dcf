"""How the times in fields are written."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stoppress.fields import rfc3339

moments = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@given(moments)
def test_times_are_rfc_3339_and_exact_to_the_millisecond(at: datetime) -> None:
    assert datetime.fromisoformat(rfc3339(at)) == at
    assert rfc3339(at).endswith("Z")
