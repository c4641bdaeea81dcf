"""Turns a request for a WebSocket into a reader: decides whether it may connect, to which blog, and where it resumes.

bypass_uvicorn.py passes on common handshakes that it has read. All others come from uvicorn (0.54,
httptools_impl.handle_websocket_upgrade). uvicorn instantiates the class given as `Config(ws=…)`, calls connection_made,
and calls data_received with the request, which httptools has parsed and uvicorn has serialised again. Then it sets the
object as the transport's protocol. So the answer waits until that has happened (call_soon): from then on the transport
belongs to this object, and after the answer to the Connection. Nothing of the request is kept.

If the blog is followed and the cursor is known, the answer is sent at once, without a task. Otherwise the hub starts a
task, which has a time limit and is cancelled when the client disconnects.
"""

from __future__ import annotations

import asyncio
import http
from functools import lru_cache
from typing import cast
from urllib.parse import unquote

from websockets.exceptions import HeaderLineTooLong, InvalidHandshake, RequestLineTooLong, TooManyHeaders
from websockets.http11 import Request
from websockets.server import ServerProtocol

from stoppress.errors import Invalid, NotFound, StopPressError
from stoppress.host_header import check_host
from stoppress.hub.admission import Admission, Credentials
from stoppress.hub.channel import Channel
from stoppress.hub.flow_control import limit_write_buffer
from stoppress.hub.socket.connection import Connection
from stoppress.hub.socket.handshake import HandshakeRequest, UnknownSubprotocol, agreed, authorization_of, protocol
from stoppress.hub.socket.request import PATH, Admitted, admit, refusal_headers, wrong_subprotocol
from stoppress.problem import raw_problem

_UNREADABLE: dict[type[Exception] | type[None], int] = {
    RequestLineTooLong: 414,
    HeaderLineTooLong: 431,
    TooManyHeaders: 431,
}
BEFORE, _AFTER = PATH.split("{blog}")


class Upgrade(asyncio.Protocol):
    """One request for a WebSocket, from its first byte to its answer."""

    __slots__ = ("_accepted", "_admission", "_admitted", "_answered", "_head", "_task", "_transport")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._head = b""
        self._task: asyncio.Task[None] | None = None
        self._admitted: Admitted | None = None  # while this object counts the reader
        self._answered = False
        self._accepted = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """uvicorn, or bypass_uvicorn.py, hands over its transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Receive the whole request, once. A client that sends more before the answer violates RFC 6455, 4.1."""
        if self._answered:
            return
        if self._head or self._task is not None:  # read here, or by bypass_uvicorn.py
            self._transport.abort()
            return
        self._head = data
        asyncio.get_running_loop().call_soon(self._read)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client disconnected before the answer, or after a rejection."""
        self._answered = True
        if self._task is not None:
            self._task.cancel()
        self._release()

    def _read(self) -> None:
        if self._answered or self._transport.is_closing():
            return
        try:
            asked = self._read_any_handshake()
        except StopPressError as error:
            self.refuse(error)
        else:
            self.decide(asked)

    def decide(self, asked: HandshakeRequest) -> None:
        """Accept the request, ask the store about it, or refuse it."""
        path, _, query = asked.target.partition("?")
        self._accepted = asked.answer
        try:
            blog = _blog(path)
            admitted = self._admitted = admit(
                self._admission,
                query=query,
                frame_format=asked.frame_format,
                origin=asked.origin,
                host=asked.host,
                peer=self._peer,
                forwarded=asked.forwarded,
            )
        except StopPressError as error:
            self.refuse(error)
            return
        channel = self._admission.channel(blog, admitted.cursor)
        if channel is None:
            self._task = self._admission.answer_later(self, blog, admitted.cursor, self._credentials(asked))
        else:
            self.accept(channel)

    def _credentials(self, asked: HandshakeRequest) -> Credentials | None:
        if asked.authorization is None:
            return None
        return Credentials(asked.authorization, self._admission.address(self._peer(), asked.forwarded) or "")

    def _peer(self) -> str | None:
        name = self._transport.get_extra_info("peername")
        return name[0] if isinstance(name, tuple | list) else None

    def _read_any_handshake(self) -> HandshakeRequest:
        """Parse any valid handshake. An invalid one raises the error to answer with; an unknown path comes first."""
        handshake = protocol(compress=self._admission.compress)
        handshake.receive_data(self._head)
        events = handshake.events_received()
        if not events:
            raise _refusal(handshake, _UNREADABLE.get(type(handshake.handshake_exc), 400))
        request = cast(Request, events[0])
        _blog(request.path.partition("?")[0])
        response = handshake.accept(request)
        if response.status_code != http.HTTPStatus.SWITCHING_PROTOCOLS:
            raise _refusal(handshake, response.status_code)
        headers = request.headers
        hosts = headers.get_all("Host")
        check_host("1.1", [host.encode("latin-1", "replace") for host in hosts])
        return HandshakeRequest(
            request.path,
            agreed(handshake),
            response.serialize(),
            next(iter(headers.get_all("Origin")), None),
            hosts[0],
            headers.get_all("X-Forwarded-For"),
            authorization_of(
                next(iter(headers.get_all("Authorization")), None),
                [name.strip() for line in headers.get_all("Sec-WebSocket-Protocol") for name in line.split(",")],
            ),
        )

    def accept(self, channel: Channel) -> None:
        """Send the answer, and let the reader take over the connection."""
        admitted = self._admitted
        if self._answered or admitted is None:
            return
        self._answered = True
        self._admitted = None  # the connection counts itself out
        admission, transport = self._admission, self._transport
        connection = Connection(channel, admitted.frame_format, transport, admission, admitted.address)
        transport.set_protocol(connection)
        limit_write_buffer(transport, admission.write_buffer)
        try:
            connection.start(admitted.cursor, before=self._accepted)
        except Exception:
            transport.abort()  # never half open
            raise

    def refuse(self, error: StopPressError) -> None:
        """Answer with an HTTP error, and close the connection."""
        if self._answered:
            return
        self._answered = True
        self._release()
        self._admission.count_refusal(error)
        self._transport.write(raw_problem(error, refusal_headers(error.status)))
        self._transport.close()

    def _release(self) -> None:
        admitted, self._admitted = self._admitted, None
        if admitted is not None:
            self._admission.leave(admitted.address)


@lru_cache(maxsize=256)
def _blog(path: str) -> str:
    """The blog in the path of a WebSocket. Raises NotFound if it is another path."""
    blog = unquote(path.removeprefix(BEFORE).removesuffix(_AFTER))
    if not path.startswith(BEFORE) or not path.endswith(_AFTER) or not blog or "/" in blog:
        raise NotFound(f"there is no socket at {path[:200]!r}")
    return blog


def _refusal(handshake: ServerProtocol, status: int) -> StopPressError:
    error = handshake.handshake_exc or InvalidHandshake("not a handshake")
    if isinstance(error, UnknownSubprotocol):
        return wrong_subprotocol(error)
    cause = f": {error.__cause__}" if error.__cause__ else ""
    return Invalid(f"this is no WebSocket handshake: {error}{cause}", status=status)
