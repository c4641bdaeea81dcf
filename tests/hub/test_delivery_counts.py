"""What was written is counted in batches."""

from __future__ import annotations

from hub.doubles import counted
from stoppress.hub.delivery_counts import DeliveryCounts
from stoppress.metrics import Metrics


def test_counts_reach_the_metrics_once_and_by_transport() -> None:
    metrics = Metrics()
    counts = DeliveryCounts(metrics)
    counts.add("socket", 3, 500)
    counts.add("sse", 1, 20)
    counts.add("sse", 4, 80)
    assert counted(metrics, "stoppress_delivered_bytes_total") == 0
    for _ in range(2):
        counts.settle()
        assert counted(metrics, "stoppress_deliveries_total", transport="socket") == 3
        assert counted(metrics, "stoppress_deliveries_total", transport="sse") == 5
        assert counted(metrics, "stoppress_delivered_bytes_total") == 600
