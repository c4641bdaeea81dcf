"""What is counted. One registry for the process; the hub and the API are given this object, and never import it
from elsewhere. Names follow Prometheus's practice: unit in the name, `_total` on counters."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """Every metric, with what it means."""

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
        self.changes = Counter("stoppress_changes_total", "Changes read off the streams.", registry=self.registry)
        self.deliveries = Counter(
            "stoppress_deliveries_total", "Changes written to readers.", ["transport"], registry=self.registry
        )
        self.bytes = Counter("stoppress_delivered_bytes_total", "Bytes of them.", registry=self.registry)
        self.fanout = Histogram(
            "stoppress_fanout_seconds",
            "From a change read off its stream to its last write.",
            buckets=_LATENCY,
            registry=self.registry,
        )
        self.resumes = Counter(
            "stoppress_resumes_total",
            "Readers that came with a cursor, by what brought them up to date: ring, store or reset.",
            ["kind"],
            registry=self.registry,
        )
        self.refusals = Counter(
            "stoppress_refusals_total", "Sockets refused, by reason.", ["reason"], registry=self.registry
        )
        self.tail_restarts = Counter(
            "stoppress_tail_restarts_total", "Times the tail had to be taken up again.", registry=self.registry
        )
        self.requests = Histogram(
            "stoppress_request_seconds",
            "HTTP requests by route, method and status.",
            ["route", "method", "status"],
            buckets=_LATENCY,
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
