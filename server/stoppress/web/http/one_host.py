"""Refuses requests with a wrong number of `Host` headers, or with one that is no host (host_header.py).

On the fast path, OneHost checks the head of every request, also those of WebSockets and those for cached pages, which
never get to an application. In other ASGI servers, the middleware does.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from stoppress.errors import Invalid
from stoppress.host_header import check_host, is_host, wrong_host
from stoppress.web.http.head_limit import BoundedHead
from stoppress.web.http.response import problem_answer


class OneHost(BoundedHead):
    """uvicorn's HTTP class, which also refuses requests without exactly one host.

    A request target may name the host too (`GET http://host/path`, the absolute form). It then replaces `Host`, as RFC
    9112, 3.2.2 requires.
    """

    _wrong_host: Invalid | None = None

    def on_headers_complete(self) -> None:
        try:
            hosts = [value for name, value in self.headers if name == b"host"]
            check_host(self.parser.get_http_version(), hosts)
            if self.url[:1] != b"/" and b"://" in self.url:
                self._take_host_of_target()
        except Invalid as error:
            self._wrong_host = error
            raise ValueError(error.detail) from error  # httptools stops, and uvicorn calls send_400_response
        super().on_headers_complete()

    def _take_host_of_target(self) -> None:
        host = self.url.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0]
        if not host or not is_host(host):
            raise wrong_host(f"expected a host in the request target, but got {ascii(self.url)[2:-1][:80]!r}")
        self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"] + [(b"host", host)]

    def send_400_response(self, msg: str) -> None:
        if self._wrong_host is not None:
            self._refuse(self._wrong_host)
        else:
            super().send_400_response(msg)


class OneHostOnly:
    """ASGI middleware that answers an HTTP request without exactly one host with 400."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            try:
                check_host(scope["http_version"], [value for name, value in scope["headers"] if name == b"host"])
            except Invalid as error:
                await problem_answer(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
