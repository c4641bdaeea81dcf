"""How much a client may send in a span of time."""

from __future__ import annotations

from stoppress.hub.client_budgets import BYTES_MAX, FRAMES_MAX, SPAN, ClientBudgets
from stoppress.metrics import Metrics


def test_frames_and_bytes_have_a_budget_each_and_an_excess_is_counted_once() -> None:
    metrics = Metrics()
    budgets = ClientBudgets(metrics)
    for client, frames, size in (("many", FRAMES_MAX, 0), ("large", 0, BYTES_MAX)):
        assert budgets.spend(client, frames, size)
        assert not budgets.spend(client, 1, 1)
        assert not budgets.spend(client, 1, 1)
    assert metrics.registry.get_sample_value("stoppress_connections_closed_total", {"reason": "budget"}) == 2
    assert budgets.spend("another", 1, 1)


def test_each_span_has_a_budget_of_its_own() -> None:
    budgets = ClientBudgets(Metrics())
    assert budgets.spend("client", FRAMES_MAX, BYTES_MAX)
    budgets.begin_span()
    assert budgets.spend("client", FRAMES_MAX, BYTES_MAX)


def test_a_client_that_pings_and_answers_pings_once_a_second_stays_far_within_it() -> None:
    frames = 2 * int(SPAN)
    largest = 125 + 6  # the payload of a control frame, and its head with a mask
    assert frames * 4 < FRAMES_MAX
    assert frames * largest * 10 < BYTES_MAX
