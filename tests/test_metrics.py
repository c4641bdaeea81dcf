"""Several processes' metrics as one."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from stoppress.metrics import Metrics, summed


def samples(text: bytes) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_counters_gauges_and_histograms_are_summed_and_versions_are_not() -> None:
    one, two = Metrics(), Metrics()
    one.changes.inc(2)
    two.changes.inc(3)
    one.readers.labels("socket").set(10)
    two.readers.labels("sse").set(4)
    one.fanout.observe(0.003)
    two.fanout.observe(3)
    total = samples(summed([one.exposition(), two.exposition()]))
    assert total["stoppress_changes_total{}"] == 5
    assert total["stoppress_readers{transport=socket}"] == 10
    assert total["stoppress_readers{transport=sse}"] == 4
    assert total["stoppress_fanout_seconds_bucket{le=0.005}"] == 1
    assert total["stoppress_fanout_seconds_bucket{le=+Inf}"] == 2
    assert total["stoppress_fanout_seconds_count{}"] == 2
    assert [value for name, value in total.items() if name.startswith("python_info")] == [1]


def test_the_sum_of_one_is_itself() -> None:
    one = Metrics()
    one.refusals.labels("full").inc()
    text = one.exposition()
    before, after = samples(text), samples(summed([text]))
    assert after == {name: value for name, value in before.items() if "_created" not in name}
