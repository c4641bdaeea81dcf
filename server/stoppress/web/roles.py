"""Which process serves what, where processes have roles (STOPPRESS_ROLE).

A process with the role `hub` serves readers; one with the role `api` serves everything but live connections. So
readers, however many come, can't slow down the processes that serve editors.

A request to the wrong process is 421. The error says which role to send it to: the proxy in front must be reconfigured.
"""

from __future__ import annotations

from typing import Literal, NoReturn

from starlette.requests import Request

from stoppress.errors import Misdirected
from stoppress.web.contract.operation import Operation
from stoppress.web.http.endpoint import Endpoint

Role = Literal["all", "api", "hub"]


def serves(role: Role, operation: Operation) -> bool:
    """Whether processes with `role` serve the operation. A hub serves only GET operations that need no token."""
    return role != "hub" or (operation.method == "GET" and operation.scope is None)


def misdirected(operation: Operation) -> Endpoint:
    """The endpoint that a hub uses for an operation that it doesn't serve. It raises Misdirected (421)."""

    async def refuse(request: Request) -> NoReturn:
        raise Misdirected(
            f"this process serves only readers (STOPPRESS_ROLE=hub); send {operation.method} {request.url.path[:200]} "
            "to a process with the role api or all"
        )

    return refuse
