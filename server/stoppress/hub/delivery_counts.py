"""Counts what was written to the readers of one blog, for the metrics.

The counts reach the metrics in batches, because the locks of the metrics cost more than the counting.
"""

from __future__ import annotations

from stoppress.hub.encoded_message import Transport
from stoppress.metrics import Metrics


class DeliveryCounts:
    """Messages by transport, and bytes, since `settle` was last called."""

    __slots__ = ("_messages", "_metrics", "_size")

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._messages: dict[Transport, int] = {"socket": 0, "sse": 0}
        self._size = 0

    def add(self, transport: Transport, messages: int, size: int) -> None:
        """Count messages that were written, and their `size` in bytes altogether."""
        self._messages[transport] += messages
        self._size += size

    def settle(self) -> None:
        """Add the counts to the metrics."""
        for transport, messages in self._messages.items():
            if messages:
                self._metrics.deliveries.labels(transport).inc(messages)
                self._messages[transport] = 0
        self._metrics.bytes.inc(self._size)
        self._size = 0
