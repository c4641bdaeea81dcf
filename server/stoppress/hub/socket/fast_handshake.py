"""Where connections come in: a reader's usual handshake is read here, all else is uvicorn's.

After a restart everybody comes back at once, and what uvicorn makes of a request before it sees that it is one for a
socket (a parser, a scope, an event, and cycles for the collector) costs more than the answer. So the first bytes of
each connection are looked at once: if they are a whole handshake in its usual form, they never reach uvicorn; if not,
uvicorn gets its protocol and those bytes as if nothing had been before it. handshake.py says what usual is.

It leans on how uvicorn (0.54, server.Server.startup) makes the class given as `Config(http=…)`, and on its closing
whatever is in ServerState.connections at the end; tests/hub/socket/test_handshake.py names the version and holds both.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from stoppress.hub.lobby import Lobby
from stoppress.hub.socket.handshake import read_common_handshake
from stoppress.hub.socket.upgrade import BEFORE, Upgrade

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_START = b"GET " + BEFORE.encode()


def first_protocol(lobby: Lobby, http: type[asyncio.Protocol]) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(http=…)`, bound to one hub; `http` is what uvicorn would have had there."""

    class FirstBytes(asyncio.Protocol):
        __slots__ = ("_more", "_transport")

        def __init__(self, **more: Any) -> None:
            self._more = more  # what uvicorn gives its own: config, server_state, app_state, _loop

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = cast(asyncio.Transport, transport)
            self._connections.add(self)

        def data_received(self, data: bytes) -> None:
            transport = self._transport
            self._connections.discard(self)
            asked = read_common_handshake(data, compress=lobby.compress) if data.startswith(_START) else None
            if asked is None:
                protocol = http(**self._more)
                transport.set_protocol(protocol)
                protocol.connection_made(transport)
                protocol.data_received(data)
            else:
                upgrade = Upgrade(lobby)
                transport.set_protocol(upgrade)
                upgrade.connection_made(transport)
                upgrade.decide(asked)

        def connection_lost(self, exc: Exception | None) -> None:
            self._connections.discard(self)

        def shutdown(self) -> None:
            """uvicorn ends: nothing was asked yet."""
            self._transport.close()

        @property
        def _connections(self) -> set[Any]:
            connections: set[Any] = self._more["server_state"].connections
            return connections

    return FirstBytes


def socket_protocol(lobby: Lobby) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(ws=…)`, bound to one hub: for handshakes that are not usual."""

    class BoundUpgrade(Upgrade):
        __slots__ = ()

        def __init__(self, *, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
            super().__init__(lobby)

    return BoundUpgrade
