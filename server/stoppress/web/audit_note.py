"""Adds an entry to the audit log for each write request with a valid token, including refused ones."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request
from starlette.responses import Response

from stoppress.store.base_audit_log import Act
from stoppress.token_scopes import ANONYMOUS
from stoppress.web.contract.operation import Operation
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.endpoint import Endpoint


def noted(operation: Operation, endpoint: Endpoint, context: Dependencies) -> Endpoint:
    """`endpoint`, which then adds an audit log entry for each request with a valid token."""

    async def run(request: Request) -> Response:
        response = await endpoint(request)
        who = getattr(request.state, "caller", ANONYMOUS)
        if who is not ANONYMOUS:
            path = request.url.path
            context.audit_writer.note(
                Act(
                    at=context.clock(),
                    token=who.id,
                    name=who.name,
                    address=kept_address(
                        request.client.host if request.client else "", context.settings.audit_addresses
                    ),
                    agent=request.headers.get("user-agent", "")[:200],
                    method=operation.method,
                    operation=operation.name,
                    target=response.headers.get("location", path)[:500],
                    blog=request.path_params.get("blog", _made(operation, response)),
                    status=response.status_code,
                )
            )
        return response

    return run


def kept_address(address: str, kept: str) -> str:
    """The part of an address that the audit log keeps. `kept` is STOPPRESS_AUDIT_ADDRESSES: `short`, `whole` or `none`.

    `short` is the network's first address: of 24 bits of IPv4 or 48 of IPv6, which say the provider and the region.
    An address that can't be read, such as that of a Unix socket, is kept only as `whole`.
    """
    if kept == "whole":
        return address
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if kept == "none":
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    bits = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, bits), strict=False).network_address)


def _made(operation: Operation, response: Response) -> str | None:
    location = response.headers.get("location", "")
    return location.rpartition("/")[2] if operation.name == "createBlog" and location else None
