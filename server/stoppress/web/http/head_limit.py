"""Limits the size of a request's head. uvicorn's httptools class has no such limit.

Bytes are counted before and while they are parsed, so that an endless header can't fill the memory. A head over the
limit is answered with 431 as a problem. The connection then stays open for a moment, and whatever else the client sends
is discarded: closing at once would reset the connection, and the client would lose the response (nginx calls this
lingering_close).

Of web/, only this file and web/cache/fast_path.py use uvicorn's internals (HttpToolsProtocol of the releases in
known_uvicorn.py). tests/web/http/test_head_limit.py checks them.
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import ClassVar

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from stoppress.errors import Invalid, ParameterError, StopPressError
from stoppress.problem import raw_problem

_LINGER_BYTES = 8 << 20
_LINGER_SECONDS = 2.0


class BoundedHead(HttpToolsProtocol):
    """uvicorn's HTTP class, which also refuses heads of more than `head_limit` bytes. See web/uvicorn_protocol.py."""

    head_limit: ClassVar[int]
    _head = 0  # bytes of the head received so far
    _reading_head = True
    _room = 0  # bytes that the head being parsed may still have; negative once it is over the limit
    _linger: TimerHandle | None = None
    _running: RequestResponseCycle | None = None  # the request that is being answered; `cycle` is the latest that came
    _lingered = 0

    def data_received(self, data: bytes) -> None:
        if self._linger is not None:
            self._lingered += len(data)
            if self._lingered > _LINGER_BYTES:
                self.transport.close()
            return
        if self._reading_head:
            self._head += len(data)
        super().data_received(data)
        # `_head` may include bytes after the head that came in the same read, so check only an unfinished head.
        if self._reading_head and self._head > self.head_limit and self._linger is None:
            self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading_head = True
        self._room = self.head_limit

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._room -= len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        room = self._room = self._room - len(name) - len(value) - 4
        if room < 0:
            raise ValueError("the head is over the limit")  # httptools stops, and uvicorn calls send_400_response

    def on_headers_complete(self) -> None:
        if self._room < 0:
            raise ValueError("the head is over the limit")
        self._reading_head = False
        self._head = 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if self._room < 0:
            self._refuse_head()
        else:
            self._refuse(Invalid(f"expected an HTTP/1.1 request, but could not parse what came: {msg}", status=400))

    def _refuse_head(self) -> None:
        limit = self.head_limit
        detail = f"expected a request line and headers of at most {limit} bytes together, but got more"
        self._refuse(Invalid(detail, [ParameterError("headers", detail)], status=431))

    def _refuse(self, error: StopPressError) -> None:
        self.transport.write(raw_problem(error))
        self._close_lingering()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _abandon_requests(self) -> None:
        """Let the request that is being answered end as if the client had left, and answer none that waits for it.

        uvicorn tells this only to the latest request, which may be one that waits (pipelining, RFC 9112, 9.3.2).
        """
        self.pipeline.clear()
        cycle = self._running
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _close_lingering(self) -> None:
        self._abandon_requests()  # they can't be answered any more
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._linger = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._linger is not None:
            self._linger.cancel()
        self._abandon_requests()
        super().connection_lost(exc)
