"""From a request for a WebSocket to a reader: may it connect, which blog does it want, where does it resume?

fast_handshake.py passes on common handshakes that it has read. All others come from uvicorn (0.54,
httptools_impl.handle_websocket_upgrade). uvicorn instantiates the class given as `Config(ws=…)`, calls connection_made,
and calls data_received with the request, which httptools has parsed and uvicorn has serialised again. Then it sets the
object as the transport's protocol. So the answer waits until that has happened (call_soon): from then on the transport
belongs to this object, and after the answer to the Connection. Nothing of the request is kept.

If the blog is followed and the cursor is known, the answer is sent at once, without a task. Otherwise the hub starts a
task, which has a time limit and is cancelled when the client disconnects.

A plain request for the same path, without `Upgrade`, gets 426 (`upgrade_required`).
"""

from __future__ import annotations

import asyncio
import http
from functools import lru_cache
from typing import cast
from urllib.parse import unquote

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from websockets.exceptions import HeaderLineTooLong, InvalidHandshake, RequestLineTooLong, TooManyHeaders
from websockets.http11 import Request
from websockets.server import ServerProtocol

from stoppress.errors import Invalid, NotFound, ParameterError, StopPressError
from stoppress.hub.admission import Admission
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import frame_format
from stoppress.hub.socket.connection import Connection
from stoppress.hub.socket.flow_control import limit_write_buffer
from stoppress.hub.socket.handshake import HandshakeRequest, UnknownSubprotocol, agreed, protocol
from stoppress.model import Cursor
from stoppress.problem import problem_response, raw_problem
from stoppress.query_parameters import CURSOR, MAX_MESSAGE, SOCKET, read_query
from stoppress.wire import Form

PATH = "/v1/blogs/{blog}/socket"
_UNREADABLE: dict[type[Exception] | type[None], int] = {
    RequestLineTooLong: 414,
    HeaderLineTooLong: 431,
    TooManyHeaders: 431,
}
BEFORE, _AFTER = PATH.split("{blog}")


class Upgrade(asyncio.Protocol):
    """One request for a WebSocket, from its first byte to its answer."""

    __slots__ = (
        "_accepted",
        "_address",
        "_admitted",
        "_answered",
        "_cursor",
        "_frame_format",
        "_head",
        "_admission",
        "_task",
        "_transport",
    )

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._head = b""
        self._task: asyncio.Task[None] | None = None
        self._admitted = False
        self._answered = False
        self._accepted = b""
        self._frame_format = frame_format(Form.JSON)
        self._cursor: Cursor | None = None
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """uvicorn, or fast_handshake.py, hands over its transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Receive the whole request, once. A client that sends more before the answer violates RFC 6455, 4.1."""
        if self._answered:
            return
        if self._head or self._task is not None:  # read here, or by fast_handshake.py
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
        try:
            blog = self._admit(asked)
        except StopPressError as error:
            self.refuse(error)
            return
        channel = self._admission.channel(blog, self._cursor)
        if channel is None:
            self._task = self._admission.answer_later(self, blog, self._cursor)
        else:
            self.accept(channel)

    def _admit(self, asked: HandshakeRequest) -> str:
        """Count the reader in, and return the blog that it wants."""
        path, _, query = asked.target.partition("?")
        self._accepted = asked.answer
        self._frame_format = asked.frame_format
        if query:
            self._cursor, limit = _wishes(query)
            if limit is not None:
                negotiated = asked.frame_format
                self._frame_format = frame_format(negotiated.form, deflated=negotiated.deflated, max_message=limit)
        blog = _blog(path)
        admission = self._admission
        if admission.by_address:
            peer = self._transport.get_extra_info("peername")
            self._address = admission.address(peer[0] if isinstance(peer, tuple | list) else None, asked.forwarded)
        admission.admit(origin=asked.origin, host=asked.host, address=self._address)
        self._admitted = True
        return blog

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
        return HandshakeRequest(
            request.path,
            agreed(handshake),
            response.serialize(),
            next(iter(headers.get_all("Origin")), None),
            next(iter(headers.get_all("Host")), None),
            headers.get_all("X-Forwarded-For"),
        )

    def accept(self, channel: Channel) -> None:
        """Send the answer, and let the reader take over the connection."""
        if self._answered:
            return
        self._answered = True
        self._admitted = False  # the connection counts itself out
        admission, transport = self._admission, self._transport
        connection = Connection(channel, self._frame_format, transport, admission, self._address)
        transport.set_protocol(connection)
        limit_write_buffer(transport, admission.write_buffer)
        try:
            connection.start(self._cursor, before=self._accepted)
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
        self._transport.write(raw_problem(error, _headers(error.status)))
        self._transport.close()

    def _release(self) -> None:
        if self._admitted:
            self._admitted = False
            self._admission.leave(self._address)


async def upgrade_required(request: HttpRequest) -> Response:
    """The answer to a plain request for a WebSocket's path, without `Upgrade: websocket`."""
    detail = "this path serves WebSockets only; connect with a WebSocket client, or use /events or /changes"
    status, headers, body = problem_response(Invalid(detail, status=426))
    answer = Response(body, status, headers)
    answer.headers["upgrade"] = "websocket"
    answer.headers["connection"] = "upgrade"
    answer.headers["sec-websocket-version"] = "13"  # as when a handshake is rejected with 426
    return answer


@lru_cache(maxsize=256)  # thousands come back with the same few
def _wishes(query: str) -> tuple[Cursor | None, int | None]:
    """The cursor and the largest message in a query, if any. Raises Invalid (400) if the query is wrong."""
    asked = read_query(query, SOCKET)
    return asked[CURSOR], asked[MAX_MESSAGE]


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
        name = "Sec-WebSocket-Protocol"
        return Invalid(f"{name}: {error}", [ParameterError(name, str(error))], status=status)
    cause = f": {error.__cause__}" if error.__cause__ else ""
    return Invalid(f"this is no WebSocket handshake: {error}{cause}", status=status)


def _headers(status: int) -> dict[str, str]:
    """The headers of a rejected handshake, in addition to those of the problem."""
    headers = {}
    if status in (400, 426):
        headers["sec-websocket-version"] = "13"  # RFC 6455, 4.4
    if status == 426:
        headers["upgrade"] = "websocket"
        headers["connection"] = "upgrade, close"  # RFC 9110, 7.8
    if status == 405:
        headers["allow"] = "GET"
    return headers
