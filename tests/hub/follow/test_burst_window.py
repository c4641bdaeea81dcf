"""Joining bursts: when a blog is read again after a fan-out."""

from __future__ import annotations

from stoppress.hub.follow.burst_window import BurstWindow


def test_a_blog_is_not_read_again_until_its_time_is_up() -> None:
    bursts = BurstWindow(0.02)
    assert bursts.close_past(100.0) is None
    bursts.open("regatta", 100.0)
    assert "regatta" in bursts and "harbour" not in bursts
    left = bursts.close_past(100.015)
    assert left is not None and abs(left - 0.005) < 1e-9
    assert "regatta" in bursts
    assert bursts.close_past(100.021) is None
    assert "regatta" not in bursts


def test_of_several_the_first_counts_and_a_new_fan_out_begins_a_new_time() -> None:
    bursts = BurstWindow(1.0)
    bursts.open("regatta", 10.0)
    bursts.open("harbour", 10.4)
    assert bursts.close_past(10.5) == 0.5
    bursts.open("regatta", 10.5)
    left = bursts.close_past(10.5)
    assert left is not None and abs(left - 0.9) < 1e-9
    assert bursts.close_past(11.45) is not None and "harbour" not in bursts and "regatta" in bursts
