"""CORS for every answer that passes ASGI: pages, feeds, the API, pictures, event streams, and their errors.

`Origins.headers` decides what the headers say; finished pages (web/cache/page_cache.py) use it as well. An answer that
already says who may read it stays as it is: the client's own modules are for every page.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoppress.errors import Forbidden
from stoppress.origins import Origins
from stoppress.web.http.response import problem_answer


class Cors:
    """ASGI middleware: answers preflight requests, and adds CORS headers to all other answers."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host")
        if scope["method"] == "OPTIONS" and origin is not None and "access-control-request-method" in headers:
            await self._preflight(origin, host)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                add_cors(MutableHeaders(scope=message), self._origins, origin, host)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _preflight(self, origin: str, host: str | None) -> Response:
        try:
            return Response(status_code=204, headers=self._origins.preflight_headers(origin, host))
        except Forbidden as error:
            response = problem_answer(error)
            add_cors(response.headers, self._origins, origin, host)
            return response


def add_cors(headers: MutableHeaders, origins: Origins, origin: str | None, host: str | None) -> None:
    """Add what `origins` says to an answer's headers, unless they say it already."""
    if "access-control-allow-origin" in headers:
        return
    for name, value in origins.headers(origin, host).items():
        if name == "vary":
            if value.lower() not in {part.strip().lower() for part in headers.get("vary", "").split(",")}:
                headers.add_vary_header(value)
        else:
            headers[name] = value
