"""Lets an endpoint take over the connection of its request (connection_takeover.py).

An event stream lasts for hours. In uvicorn (0.54, httptools_impl) it would keep a parser, a scope, a task and more
objects, and each message would pass through all layers of the application. So its endpoint sends the head of the
response through ASGI, where every layer adds its headers, and then makes an object of its own the transport's protocol.

That is possible for a GET with HTTP/1.1, because the response is then in chunks. It is impossible while there is
anything else for uvicorn to do on the connection: a body, the next request, or bytes that wait to be sent. Then the
endpoint goes on through ASGI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from weakref import ref

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from stoppress.connection_takeover import EXTENSION, P
from stoppress.web.http.timed_request import TimedRequest


class TakeoverOfRequest:
    """The connection of the request of `cycle`. See connection_takeover.Takeover.

    The scope refers to this object, and `cycle` to the scope, so the references here are weak.
    """

    __slots__ = ("_cycle", "_http")

    def __init__(self, http: LeavableConnection, cycle: RequestResponseCycle) -> None:
        self._http = ref(http)
        self._cycle = ref(cycle)

    def possible(self) -> bool:
        http, cycle = self._http(), self._cycle()
        return (
            http is not None
            and cycle is not None
            and http.cycle is cycle
            and http.between_requests
            and not (cycle.disconnected or cycle.more_body or cycle.body or http.pipeline or http.flow.write_paused)
        )

    def take(self, make: Callable[[asyncio.Transport], P]) -> P:
        http, cycle = self._http(), self._cycle()
        assert http is not None and cycle is not None
        transport = http.transport
        cycle.disconnected = True  # uvicorn then expects nothing more of the application
        http.leave()
        protocol = make(transport)
        transport.set_protocol(protocol)
        return protocol


class LeavableConnection(TimedRequest):
    """uvicorn's HTTP class, whose connections an endpoint may take over."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        scope = cycle.scope
        if scope["method"] == "GET" and scope["http_version"] == "1.1":
            extensions: dict[str, Any] = {EXTENSION: TakeoverOfRequest(self, cycle)}
            scope["extensions"] = extensions
        super()._start_asgi_task(cycle, app)

    def leave(self) -> None:
        """Forget the connection: from now on it belongs to another object."""
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self.deadlines.leave(self.transport)
        self.flow.resume_reading()
        self.parser = None  # type: ignore[assignment]  # it refers to this object
