"""Workers that keep dying are not restarted in a tight loop. tests/e2e/test_workers.py has the rest."""

from __future__ import annotations

from stoppress.workers import restart_pause


def test_each_short_life_makes_the_pause_longer_up_to_a_quarter_of_a_minute() -> None:
    assert [restart_pause(brief) for brief in range(8)] == [0, 1, 2, 4, 8, 15, 15, 15]
