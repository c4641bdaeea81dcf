"""How much the clients of WebSockets may send.

Readers have nothing to say: version 1 of the protocol has no messages from clients. A client sends pings, pongs and a
close frame, perhaps one a second. Parsing a frame takes about 7 µs, so a client that sends 170,000 empty ones, which is
1 MB, would stop everybody for more than a second. So each has a budget for each span of ten seconds.

Only clients that have sent something in the current span have an entry here. The entries of all are dropped together
at its end, so a reader costs no memory and no timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from stoppress.metrics import Metrics

SPAN = 10.0  # seconds
FRAMES_MAX = 100  # frames of one client in a span, control frames included
BYTES_MAX = 32_768  # bytes of one client in a span, as sent


class ClientBudgets:
    """Counts the frames and bytes that each WebSocket client has sent in the current span."""

    def __init__(self, metrics: Metrics) -> None:
        self._spent: dict[Hashable, tuple[int, int]] = {}
        self._closed = metrics.connections_closed.labels("budget")

    def spend(self, client: Hashable, frames: int, size: int) -> bool:
        """Count `frames` and `size` bytes that `client` sent. Returns whether it is within its budget."""
        before_frames, before_size = self._spent.get(client, (0, 0))
        spent = before_frames + frames, before_size + size
        self._spent[client] = spent
        if _within(*spent):
            return True
        if _within(before_frames, before_size):
            self._closed.inc()
        return False

    async def run(self) -> None:
        """Begin a new span every SPAN seconds, until cancelled."""
        while True:
            await asyncio.sleep(SPAN)
            self.begin_span()

    def begin_span(self) -> None:
        """Forget what was sent until now."""
        self._spent = {}


def _within(frames: int, size: int) -> bool:
    return frames <= FRAMES_MAX and size <= BYTES_MAX
