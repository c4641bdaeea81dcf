"""Gives each request a time to arrive in: its head, and each part of its body (connection_deadlines.py).

uvicorn's httptools class has a deadline only for the first byte after an answer. This class tells ConnectionDeadlines
what its connection waits for, and closes the connection when that does not come. A client that has sent part of a
request is told so with 408 as a problem (RFC 9110, 15.5.9).

The time during which this server does not read, because the application is busy or has not asked for the body, is not
held against the client.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from stoppress.connection_deadlines import ConnectionDeadlines, Waiting
from stoppress.errors import Invalid
from stoppress.web.http.head_limit import BoundedHead


class TimedRequest(BoundedHead):
    """uvicorn's HTTP class, with limits on the head's size and on times. A subclass sets `deadlines`."""

    deadlines: ClassVar[ConnectionDeadlines]
    _begun = False  # whether bytes have come since the last complete request
    _in_body = False
    _received = 0  # bytes of the body since ConnectionDeadlines last asked
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.deadlines.enter(transport, Waiting.HEAD)

    def data_received(self, data: bytes) -> None:
        self._begun = True
        super().data_received(data)
        self._enter_state()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_body, self._received = True, 0

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        # After the answer, the rest of the body is only discarded, and has one span of time to end.
        if self.cycle is not None and not self.cycle.response_complete:
            self._received += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._begun = self._in_body = False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._unset_keepalive_if_required()  # uvicorn's timer for the next request; the sweep is enough
        self._enter_state()

    def handle_websocket_upgrade(self) -> None:
        self._upgraded = True
        super().handle_websocket_upgrade()

    @property
    def between_requests(self) -> bool:
        """Whether the latest request has arrived whole, and nothing of the next one."""
        return not self._begun and not self._in_body and self._linger is None and not self.transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadlines.leave(self.transport)
        super().connection_lost(exc)

    def _enter_state(self) -> None:
        """Tell ConnectionDeadlines what the connection waits for now, if for anything."""
        deadlines, transport = self.deadlines, self.transport
        if self._upgraded or transport.is_closing():
            deadlines.leave(transport)
        elif self._linger is not None:
            deadlines.enter(transport, Waiting.CLOSING)
        elif self._in_body:
            deadlines.enter(transport, Waiting.BODY)
        elif self.cycle is not None and not self.cycle.response_complete:
            deadlines.leave(transport)
        else:
            deadlines.enter(transport, Waiting.HEAD if self._begun or self.cycle is None else Waiting.IDLE)

    def body_received(self) -> int | None:
        """See connection_deadlines.Overdue."""
        received, self._received = self._received, 0
        answered = self.cycle.response_complete
        held_up = self.flow.read_paused or (self.cycle.waiting_for_100_continue and not answered)
        return None if held_up else received

    def close_overdue(self, waiting: Waiting) -> None:
        """See connection_deadlines.Overdue."""
        transport, cycle = self.transport, self.cycle
        if transport.is_closing():
            return
        seconds = self.deadlines.seconds(waiting)
        if waiting is Waiting.HEAD and self._begun:
            detail = f"expected a complete request line and headers within {seconds:g} s, but they did not arrive"
            self._refuse(Invalid(detail, status=408))
        elif waiting is Waiting.BODY and not cycle.response_started:
            detail = f"expected more of the request's body within {seconds:g} s, but only little or nothing arrived"
            self._refuse(Invalid(detail, status=408))
        elif waiting is Waiting.BODY:
            self._close_lingering()
        else:
            transport.close()
        if waiting is Waiting.BODY:
            # The application learns that the rest won't come, and can't answer any more.
            cycle.disconnected = True
            cycle.message_event.set()
        self._enter_state()
