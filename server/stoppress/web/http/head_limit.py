"""A bound on what a request's head may take: uvicorn's httptools class has none of its own.

With web/cache/fast_path.py this is the place of web/ that leans on uvicorn's insides (HttpToolsProtocol of the 0.54
line, as pinned in pyproject.toml; tests/web/http/test_head_limit.py holds it): it counts bytes before and while they
are parsed, so that an endless header can't fill the memory, and answers 431 as a problem. The rest of what the client
sends is read and thrown away for a while before the connection closes: closed at once, it would be reset, and the
answer lost (nginx calls this lingering_close).
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stoppress.errors import Invalid, ParameterError, StopPressError
from stoppress.problem import raw_problem

_LINGER_BYTES = 8 << 20
_LINGER_SECONDS = 2.0


class BoundedHead(HttpToolsProtocol):
    """uvicorn's HTTP class, refusing heads of more than `head_limit` bytes. See web/uvicorn_protocol.py."""

    head_limit: ClassVar[int]
    _head = 0  # bytes of the head so far
    _reading_head = True
    _room = 0  # bytes that are left for the head being parsed; below 0 it is over the limit
    _linger: TimerHandle | None = None
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
        # What came behind the head in the same read was counted too: only an unfinished head is judged here.
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
            raise ValueError("the head is over the limit")  # makes httptools stop: see send_400_response

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
            self._refuse(Invalid(f"expected an HTTP/1.1 request, but got something else: {msg}", status=400))

    def _refuse_head(self) -> None:
        limit = self.head_limit
        detail = f"the request's line and headers have more than {limit} bytes; the limit is {limit}"
        self._refuse(Invalid(detail, [ParameterError("headers", detail)], status=431))

    def _refuse(self, error: StopPressError) -> None:
        self.transport.write(raw_problem(error))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._linger = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._linger is not None:
            self._linger.cancel()
        super().connection_lost(exc)
