"""Who serves what, where processes have roles (STOPPRESS_ROLE): `hub` serves readers, `api` all but their live
connections. So however many readers come, editors have processes of their own.

A request at the wrong process is 421, and says what to do: it is the proxy in front that has to be set right.
"""

from __future__ import annotations

from typing import Literal, NoReturn

from starlette.requests import Request

from stoppress.errors import Misdirected
from stoppress.web.contract.operation import Operation
from stoppress.web.http.endpoint import Endpoint

Role = Literal["all", "api", "hub"]


def serves(role: Role, operation: Operation) -> bool:
    """Whether processes of the role answer this. Hubs do what anybody may ask for, and nothing that writes."""
    return role != "hub" or (operation.method == "GET" and operation.scope is None)


def misdirected(operation: Operation) -> Endpoint:
    """What a hub answers instead."""

    async def refuse(request: Request) -> NoReturn:
        raise Misdirected(
            f"this process serves readers (STOPPRESS_ROLE=hub); {operation.method} {request.url.path[:200]} is for one "
            "with the role api or all"
        )

    return refuse
