"""The deadlines of connections that have no complete request, and a limit on their number.

Anybody can open a connection and send nothing, half a head, or a body that never ends. Each such connection takes a
file descriptor, which readers and editors then lack. So every connection of the fast path is registered here from its
first moment until its request is complete, and again after the answer until the next request:

    state   the connection has sent                        it is closed
    HEAD    nothing, or part of a request's head           head_timeout after it entered this state
    BODY    part of a request's body                       when less than body_rate × body_timeout bytes of it arrived
                                                           within a span of body_timeout
    IDLE    nothing since the last answer                  keep_alive after that answer
    CLOSING a request that was refused, and maybe more     soon (web/http/head_limit.py)

If more than waiting_connections are registered, the one that has waited longest is closed. Refusing new ones instead
would let a client that fills the limit every few seconds lock everybody out.

Within a state all deadlines are equally far off, so each state has a dictionary in the order of its deadlines. A sweep
looks only at the first entries. A connection has no timer and no task, and one that is a reader's has no entry.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum
from itertools import islice
from typing import Protocol, cast

from stoppress.metrics import Metrics
from stoppress.settings import Settings

_CLOSING_MAX = 5.0  # seconds; head_limit.py closes earlier
_AT_ONCE = 50  # connections that one sweep closes before others have their turn
_STEP_LEAST, _STEP_MOST = 0.02, 1.0  # seconds between two sweeps


class Waiting(StrEnum):
    """The states of a connection without a complete request, named for the thing that the server waits for."""

    HEAD = "head"
    BODY = "body"
    IDLE = "idle"
    CLOSING = "closing"


class Overdue(Protocol):
    """The protocol of a registered connection (asyncio.Protocol)."""

    def close_overdue(self, waiting: Waiting) -> None:
        """The deadline of the state `waiting` has passed: close the connection, and say why if a request began."""

    def body_received(self) -> int | None:
        """The bytes of the body that arrived since the last call.

        None if the client had to wait for this server, so that nothing can be concluded.
        """


class ConnectionDeadlines:
    """The connections of one process that have no complete request, by their transports."""

    def __init__(self, settings: Settings, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most = settings.waiting_connections
        self._seconds = {
            Waiting.HEAD: settings.head_timeout,
            Waiting.BODY: settings.body_timeout,
            Waiting.IDLE: settings.keep_alive,
            Waiting.CLOSING: _CLOSING_MAX,
        }
        self._body_least = settings.body_rate * settings.body_timeout
        self._states: dict[asyncio.Transport, Waiting] = {}
        self._until: dict[Waiting, dict[asyncio.Transport, float]] = {waiting: {} for waiting in Waiting}
        self._closed = metrics.connections_closed
        for waiting, until in self._until.items():
            metrics.connections_waiting.labels(waiting.value).set_function(until.__len__)

    def __len__(self) -> int:
        return len(self._states)

    def seconds(self, waiting: Waiting) -> float:
        """How long, in seconds, a connection may be in this state. For BODY, the span of one measurement."""
        return self._seconds[waiting]

    def enter(self, transport: asyncio.Transport, waiting: Waiting) -> None:
        """Note that the connection waits in this state. If it already does, its deadline stays."""
        before = self._states.get(transport)
        if before is waiting:
            return
        if before is not None:
            del self._until[before][transport]
        self._states[transport] = waiting
        self._until[waiting][transport] = self._clock() + self._seconds[waiting]
        if len(self._states) > self._most:
            self._close_longest()

    def leave(self, transport: asyncio.Transport) -> None:
        """Note that the connection's request is complete, or that it has closed.

        Does nothing if it is not registered.
        """
        waiting = self._states.pop(transport, None)
        if waiting is not None:
            del self._until[waiting][transport]

    async def run(self) -> None:
        """Sweep often enough for the shortest deadline, until cancelled."""
        wait = step = max(_STEP_LEAST, min(_STEP_MOST, *(seconds / 4 for seconds in self._seconds.values())))
        while True:
            await asyncio.sleep(wait)
            wait = 0 if self.sweep() else step  # if more are overdue, only let others have their turn

    def sweep(self) -> bool:
        """Close connections whose deadline has passed. Returns whether there may be more of them."""
        now, left = self._clock(), _AT_ONCE
        for waiting, until in self._until.items():
            while until and left:
                transport = next(iter(until))
                if until[transport] > now:
                    break
                left -= 1
                self.leave(transport)
                protocol = cast(Overdue, transport.get_protocol())
                if waiting is Waiting.BODY:
                    received = protocol.body_received()
                    if received is None or received >= self._body_least:
                        self.enter(transport, waiting)
                        continue
                self._closed.labels(waiting.value).inc()
                protocol.close_overdue(waiting)
        return not left

    def _close_longest(self) -> None:
        """Close the connection that has waited longest for a head; one that sends a body only if there is no other."""
        since = [
            (deadline - self._seconds[waiting], transport)
            for waiting in (Waiting.HEAD, Waiting.IDLE, Waiting.CLOSING)
            for transport, deadline in islice(self._until[waiting].items(), 1)
        ]
        transport = min(since, key=lambda pair: pair[0])[1] if since else next(iter(self._until[Waiting.BODY]))
        self.leave(transport)
        self._closed.labels("full").inc()
        # An answer that the client does not read would keep the descriptor.
        (transport.abort if transport.get_write_buffer_size() else transport.close)()
