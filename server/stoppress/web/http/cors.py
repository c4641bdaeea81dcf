"""CORS headers (Fetch Standard, 3.2) on every response, errors included.

origins.py decides which origins may read. A response that already has `Access-Control-Allow-Origin` is left unchanged:
every page may load the client's own modules.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoppress.errors import Forbidden
from stoppress.origins import Origins
from stoppress.web.http.response import problem_answer
from stoppress.web.http.safe_headers import add_safe_headers

# Response headers that a script on another page may read, besides those that are always readable (Fetch, 3.2.6).
_EXPOSED = ("ETag", "Retry-After", "Server-Timing", "Stoppress-Cursor")
# What such a script may send, besides what needs no preflight (3.2.2). No method that writes, and no token.
_METHODS = ("GET", "HEAD")
_HEADERS = ("If-None-Match", "Last-Event-ID")
_PREFLIGHT_SECONDS = 600

# For files that every page may load, whatever the setting says: the client's own modules and styles.
ANY_PAGE = {"access-control-allow-origin": "*"}


class Cors:
    """ASGI middleware that answers preflight requests and adds CORS headers to all other responses.

    It adds the headers of safe_headers.py too, because another middleware would cost each message of an event stream.
    """

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
                headers_to_send = MutableHeaders(scope=message)
                add_cors(headers_to_send, self._origins, origin, host)
                add_safe_headers(headers_to_send)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _preflight(self, origin: str, host: str | None) -> Response:
        try:
            return Response(status_code=204, headers=preflight_headers(self._origins, origin, host))
        except Forbidden as error:
            response = problem_answer(error)
            add_cors(response.headers, self._origins, origin, host)
            return response


def cors_headers(origins: Origins, origin: str | None, host: str | None) -> dict[str, str]:
    """The CORS headers of a response to `origin`, errors included. Names are in lower case; `vary` may be among them.

    Where every origin may read, the headers are the same for all requests, so that a cache keeps only one response.
    """
    exposed = {"access-control-expose-headers": ", ".join(_EXPOSED)}
    if origins.any:
        return {**ANY_PAGE, **exposed}
    if origin is None or not origins.allow(origin, host):
        return {"vary": "Origin"}
    return {"access-control-allow-origin": origin, **exposed, "vary": "Origin"}


def preflight_headers(origins: Origins, origin: str, host: str | None) -> dict[str, str]:
    """The headers that answer a preflight request (Fetch Standard, 3.2.2).

    Raises Forbidden when the origin may not read here.
    """
    origins.check(origin, host)
    return {
        **cors_headers(origins, origin, host),
        "access-control-allow-methods": ", ".join(_METHODS),
        "access-control-allow-headers": ", ".join(_HEADERS),
        "access-control-max-age": str(_PREFLIGHT_SECONDS),
    }


def add_cors(headers: MutableHeaders, origins: Origins, origin: str | None, host: str | None) -> None:
    """Add the CORS headers for `origin` to a response's headers, unless they have some already."""
    if "access-control-allow-origin" in headers:
        return
    for name, value in cors_headers(origins, origin, host).items():
        if name == "vary":
            if value.lower() not in {part.strip().lower() for part in headers.get("vary", "").split(",")}:
                headers.add_vary_header(value)
        else:
            headers[name] = value
