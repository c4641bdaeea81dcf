"""The metrics, in one registry per process.

The hub and the API are given a Metrics object, and never import one. Names follow Prometheus's conventions: the unit is
in the name, and counters end in `_total`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.samples import Sample

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_STOPS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1)
_HOLDS = (0.1, 0.25, 0.5, 1, 2.5, 5)
_LARGEST = {"python_info", "process_start_time_seconds", "process_max_fds"}


class Metrics:
    """Every metric, with its meaning."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.readers = Gauge(
            "stoppress_readers", "Readers connected to this process.", ["transport"], registry=self.registry
        )
        self.lagging = Gauge("stoppress_readers_lagging", "Readers whose socket is full.", registry=self.registry)
        self.blogs_followed = Gauge(
            "stoppress_blogs_followed", "Blogs whose stream this process follows.", registry=self.registry
        )
        self.changes = Counter("stoppress_changes_total", "Changes read from the streams.", registry=self.registry)
        self.deliveries = Counter(
            "stoppress_deliveries_total", "Changes written to readers.", ["transport"], registry=self.registry
        )
        self.bytes = Counter(
            "stoppress_delivered_bytes_total", "Bytes of the changes written to readers.", registry=self.registry
        )
        self.fanout = Histogram(
            "stoppress_fanout_seconds",
            "Time from reading a change from its stream to its last write.",
            buckets=_LATENCY,
            registry=self.registry,
        )
        self.arrival = Histogram(
            "stoppress_publish_to_last_write_seconds",
            "Time from a change's commit, by the store's clock, to its last write, by this machine's clock.",
            buckets=_LATENCY,
            registry=self.registry,
        )
        self.resumes = Counter(
            "stoppress_resumes_total",
            "Readers that connected with a cursor, by what brought them up to date: ring, store or reset.",
            ["kind"],
            registry=self.registry,
        )
        self.refusals = Counter(
            "stoppress_refusals_total", "Readers refused, by reason.", ["reason"], registry=self.registry
        )
        self.connections_waiting = Gauge(
            "stoppress_connections_waiting",
            "Connections without a complete request, by what they wait for: head, body, idle or closing.",
            ["for"],
            registry=self.registry,
        )
        self.connections_closed = Counter(
            "stoppress_connections_closed_total",
            "Connections that this server closed because of a limit, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.tail_restarts = Counter(
            "stoppress_tail_restarts_total",
            "Times the tail had to start again after a failed read.",
            registry=self.registry,
        )
        self.tail_lag = Gauge(
            "stoppress_tail_lag_changes",
            "Changes stored but not yet read from the streams, as of the last comparison with the store.",
            registry=self.registry,
        )
        self.store_away = Gauge(
            "stoppress_store_away_seconds",
            "For how long the store has not answered this process; 0 if it answers.",
            registry=self.registry,
        )
        self.store_refuses_writes = Gauge(
            "stoppress_store_refuses_writes",
            "1 while the store answers but refuses writes, else 0.",
            registry=self.registry,
        )
        self.stale_pages = Counter(
            "stoppress_stale_pages_total",
            "Pages and feeds that came from memory because the store was away.",
            registry=self.registry,
        )
        self.task_failures = Counter(
            "stoppress_task_failures_total",
            "Unexpected errors in background work, which was started again.",
            ["task"],
            registry=self.registry,
        )
        self.audit_dropped = Counter(
            "stoppress_audit_dropped_total",
            "Entries that were not written to the audit log, by reason: full, rejected or stopped.",
            ["reason"],
            registry=self.registry,
        )
        self.loop_delay = Histogram(
            "stoppress_loop_delay_seconds",
            "Event-loop lag, sampled every 20 ms under load and every 250 ms when idle.",
            buckets=_STOPS,
            registry=self.registry,
        )
        self.loop_held = Histogram(
            "stoppress_loop_held_seconds",
            "Times for which one request or task held the event loop, by its route or name.",
            ["holder"],
            buckets=_HOLDS,
            registry=self.registry,
        )
        self.requests = Histogram(
            "stoppress_request_seconds",
            "Duration of HTTP requests, by route, method and status.",
            ["route", "method", "status"],
            buckets=_LATENCY,
            registry=self.registry,
        )

    def count_task_failure(self, task: str) -> None:
        """Count an unexpected error in the background work `task`."""
        self.task_failures.labels(task).inc()

    def count_dropped_entries(self, reason: str, number: int) -> None:
        """Count entries that were not written to the audit log."""
        self.audit_dropped.labels(reason).inc(number)

    def exposition(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class _Summed:
    """A collector of metric families that already have their samples."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def summed(expositions: Sequence[bytes]) -> bytes:
    """Merge the expositions of several processes. Each sample is the sum over all.

    A value that has no meaningful sum (a version, a start time, a limit) is the maximum.
    """
    families: dict[str, Metric] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for text in expositions:
        for family in text_string_to_metric_families(text.decode()):
            families.setdefault(family.name, family)
            found = values.setdefault(family.name, {})
            for sample in family.samples:
                if sample.name.endswith("_created"):
                    continue
                key = (sample.name, tuple(sorted(sample.labels.items())))
                if sample.name in _LARGEST:
                    found[key] = max(found.get(key, sample.value), sample.value)
                else:
                    found[key] = found.get(key, 0.0) + sample.value
    for name, family in families.items():
        family.samples = [Sample(sample, dict(labels), value) for (sample, labels), value in values[name].items()]
    return generate_latest(_Summed(families.values()))
