"""The route `/debug`, which exists under STOPPRESS_DEBUG=1 only, and answers only this machine.

Other requests get 404, as if there were no such route, and a line in the log that says why:

- a request from an address that is not a loopback one;
- a request that a proxy has forwarded, whatever address it claims. uvicorn replaces the peer's address by the forwarded
  one, so the address of a request without such a header is the connection's own;
- a request for another host's name, which is how a page on the web reaches this machine by DNS rebinding;
- a request from a page of another origin, because the CORS headers of this server allow any page to read answers.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from jinja2 import Environment, PackageLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stoppress.debug.state import ProcessState
from stoppress.web.http.cache_control import NO_STORE
from stoppress.web.http.request import wants_page
from stoppress.web.http.response import answer

PATH = "/debug"
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_log = logging.getLogger("stoppress.debug")


def debug_route(state: Callable[[], Awaitable[ProcessState]]) -> Route:
    """The route, which shows what `state` returns: HTML for a browser, JSON for a tool."""
    environment = Environment(
        loader=PackageLoader("stoppress.debug"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("debug.html")

    async def show(request: Request) -> Response:
        refusal = reason_to_refuse(request)
        if refusal:
            _log.info("%s is not shown: %s", PATH, refusal)
            raise HTTPException(404)
        found = await state()
        if not wants_page(request):
            delivered = [channel.last_delivery for channel in found.channels]
            content = asdict(found)
            for channel, at in zip(content["channels"], delivered, strict=True):
                channel["last_delivery"] = at and at.isoformat()
            return answer(content)
        headers = {**NO_STORE, "content-security-policy": _POLICY}
        return Response(template.render(process=found), headers=headers, media_type="text/html")

    return Route(PATH, show, methods=["GET"])


def reason_to_refuse(request: Request) -> str | None:
    """Why the request may not see the page; None if it may."""
    for name in _FORWARDED:
        if name in request.headers:
            return f"expected a direct request, but got the header {name}"
    if "origin" in request.headers:
        return f"expected a request without an Origin, but got {request.headers['origin'][:80]!r}"
    peer = request.client.host if request.client else ""
    if not _is_loopback(peer):
        return f"expected a loopback address, but got {peer!r}"
    host = request.url.hostname or ""
    if host != "localhost" and not _is_loopback(host):
        return f"expected the host localhost or a loopback address, but got {host[:80]!r}"
    return None


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
