"""Flow control of a connection: few bytes wait for a reader, however slowly its client reads.

The kernel buffers at most STOPPRESS_WRITE_BUFFER bytes that it has not sent (listener.py), and asyncio about as many
(`limit_write_buffer`). Beyond that the socket is full: asyncio calls pause_writing, and the reader is LAGGING. Nothing
more is written to it, and nothing is stored for it, because its position is enough to continue from. Once the socket
has drained, asyncio calls resume_writing, and the reader catches up. A reader that lags for longer than
STOPPRESS_SLOW_TIMEOUT is closed, a WebSocket with 1013 (upkeep/slow_readers.py).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from stoppress.hub.channel import Channel
from stoppress.hub.subscriber import State


def limit_write_buffer(transport: asyncio.WriteTransport, size: int) -> None:
    """Have asyncio call pause_writing once more than `size` bytes wait in this process."""
    transport.set_write_buffer_limits(high=size)


class FlowControl(ABC):
    """The state of a reader, and how a full socket changes it."""

    __slots__ = ("channel", "state")

    channel: Channel
    state: State

    @abstractmethod
    def advance(self) -> None:
        """Write the changes that the reader lacks, while the socket has room."""

    @abstractmethod
    def start_deadline(self) -> None:
        """Start a deadline for the reader to leave its state, LAGGING or CLOSING."""

    @abstractmethod
    def cancel_deadline(self) -> None:
        """Cancel the deadline, because the reader left its state. Does nothing if there is none."""

    def pause(self) -> None:
        """The socket is full: write nothing more for now."""
        if self.state in (State.LIVE, State.CATCHING_UP):
            self.state = State.LAGGING
            self.channel.metrics.lagging.inc()
            self.start_deadline()

    def resume(self) -> None:
        """The socket has drained: continue from the current position."""
        if self.state is State.LAGGING:
            self.leave_state(State.LIVE)
            self.advance()

    def leave_state(self, next_state: State) -> None:
        """Change to `next_state`, and cancel the deadline of the state until now."""
        if self.state is State.LAGGING:
            self.channel.metrics.lagging.dec()
        self.state = next_state
        self.cancel_deadline()
