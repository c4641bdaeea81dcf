"""How an endpoint takes over the connection of its request, instead of sending the rest of its response through ASGI.

The HTTP class of the fast path adds this extension to the scope of each request (web/http/takeover.py). Under any other
ASGI server it is missing, and an endpoint sends everything through ASGI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from starlette.types import Scope

P = TypeVar("P", bound=asyncio.Protocol)

EXTENSION = "stoppress.takeover"  # in the scope's `extensions`


class Takeover(Protocol):
    """The connection of one request, which an endpoint may take over."""

    def possible(self) -> bool:
        """Whether the request has been received whole, nothing came after it, and the socket has room."""

    def take(self, make: Callable[[asyncio.Transport], P]) -> P:
        """Make the object that `make` returns the protocol of the connection, and return it. The ASGI server forgets
        the connection.

        The head of the response has been sent by then, and the endpoint sends nothing more through ASGI.
        """


def takeover(scope: Scope) -> Takeover | None:
    """The means to take over the connection of the request with this scope. None if the server has none."""
    extensions = scope.get("extensions") or {}
    found: Takeover | None = extensions.pop(EXTENSION, None)  # removed: it is of use once
    return found
