"""The first protocol of every connection: reads common WebSocket handshakes, and passes everything else to uvicorn.

After a restart all readers come back at once. Before uvicorn sees that a request is for a WebSocket it makes a parser,
a scope, an event and reference cycles, which costs more than the answer. So this module examines the first bytes of
each connection. A complete handshake in the common form never reaches uvicorn. For anything else, uvicorn's own
protocol takes over and receives those bytes as if it had been there from the start. handshake.py defines the common
form.

This module relies on how uvicorn (0.54, server.Server.startup) instantiates the class given as `Config(http=…)`, and on
its closing every object in ServerState.connections at shutdown. tests/hub/socket/test_handshake.py names the version
and checks both.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from stoppress.connection_deadlines import ConnectionDeadlines, Waiting
from stoppress.hub.admission import Admission
from stoppress.hub.socket.handshake import read_common_handshake
from stoppress.hub.socket.upgrade import BEFORE, Upgrade

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_START = b"GET " + BEFORE.encode()


def first_protocol(
    admission: Admission, http: type[asyncio.Protocol], deadlines: ConnectionDeadlines
) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(http=…)`, bound to one hub.

    `http` is the class uvicorn would otherwise use. `deadlines` closes a connection that sends nothing; `http` has to
    tell it when a request is complete (web/http/timed_request.py).
    """

    class FirstBytes(asyncio.Protocol):
        __slots__ = ("_connections", "_more", "_transport")

        def __init__(self, **more: Any) -> None:
            self._more = more  # uvicorn's arguments: config, server_state, app_state, _loop
            self._connections: set[Any] = more["server_state"].connections

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = cast(asyncio.Transport, transport)
            self._connections.add(self)
            deadlines.enter(self._transport, Waiting.HEAD)

        def data_received(self, data: bytes) -> None:
            transport = self._transport
            self._connections.discard(self)
            asked = read_common_handshake(data, compress=admission.compress) if data.startswith(_START) else None
            if asked is None:
                protocol = http(**self._more)
                transport.set_protocol(protocol)
                protocol.connection_made(transport)
                protocol.data_received(data)
            else:
                deadlines.leave(transport)
                upgrade = Upgrade(admission)
                transport.set_protocol(upgrade)
                upgrade.connection_made(transport)
                upgrade.decide(asked)

        def connection_lost(self, exc: Exception | None) -> None:
            self._connections.discard(self)
            deadlines.leave(self._transport)

        def close_overdue(self, waiting: Waiting) -> None:
            """The client has sent nothing in time: close the connection."""
            self._transport.close()

        def shutdown(self) -> None:
            """uvicorn is shutting down: close the connection, which has made no request yet."""
            self._transport.close()

    return FirstBytes


def socket_protocol(admission: Admission) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(ws=…)`, bound to one hub. It reads handshakes that are not in the common form."""

    class BoundUpgrade(Upgrade):
        __slots__ = ()

        def __init__(self, *, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
            super().__init__(admission)

    return BoundUpgrade
