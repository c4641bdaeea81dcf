"""Readers by WebSocket through any ASGI server: the ordinary path.

The ASGI server does the handshake, the frames, pings and compression. Everything else is shared with the fast path
(upgrade.py, connection.py): who is admitted (request.py), where a reader resumes and what it gets (reader.py), and what
happens to a slow reader (flow_control.py). Only the transport differs (send_queue.py).

The server's task for the connection owns two tasks: one answers the request and then sends, the other receives. When
either ends, so does the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from websockets.frames import CloseCode

from stoppress.errors import Invalid, NotFound, StopPressError
from stoppress.host_header import check_host
from stoppress.hub.admission import Admission, Credentials
from stoppress.hub.encoded_message import close_frame, frame_format
from stoppress.hub.reader import Reader
from stoppress.hub.socket.client_frames import MESSAGE_MAX
from stoppress.hub.socket.handshake import UnknownSubprotocol, authorization_of, choose_form
from stoppress.hub.socket.request import Admitted, admit, refusal_headers, wrong_subprotocol
from stoppress.hub.socket.send_queue import SendQueue
from stoppress.problem import problem_response
from stoppress.task_cancellation import end
from stoppress.wire import Close, Form

_log = logging.getLogger("stoppress.hub")


class SocketEndpoint:
    """The endpoint of a blog's WebSocket, as an ASGI application."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, from its request to its end."""
        await receive()  # websocket.connect, which is always the first
        try:
            form = _form(scope)
            admitted = self._admit(HTTPConnection(scope), form or Form.JSON)
            try:
                credentials = self._credentials(HTTPConnection(scope), scope.get("subprotocols", ()))
                await _Socket(self._admission, admitted, form, credentials).run(
                    scope["path_params"]["blog"], receive, send
                )
            finally:
                self._admission.leave(admitted.address)
        except StopPressError as error:
            self._admission.count_refusal(error)
            await refuse(error, scope, receive, send)

    def _admit(self, request: HTTPConnection[Any], form: Form) -> Admitted:
        headers = request.headers
        check_host(
            request.scope.get("http_version", "1.1"), [host.encode("latin-1") for host in headers.getlist("host")]
        )
        return admit(
            self._admission,
            query=request.url.query,
            frame_format=frame_format(form),
            origin=headers.get("origin"),
            host=headers.get("host"),
            peer=lambda: request.client.host if request.client else None,
            forwarded=headers.getlist("x-forwarded-for"),
        )

    def _credentials(self, request: HTTPConnection[Any], offered: Sequence[str]) -> Credentials | None:
        authorization = authorization_of(request.headers.get("authorization"), offered)
        if authorization is None:
            return None
        peer = request.client.host if request.client else None
        address = self._admission.address(peer, request.headers.getlist("x-forwarded-for"))
        return Credentials(authorization, address or "")


class _Socket:
    """One connection of an admitted reader. `form` is None if the client offers no subprotocol to answer with."""

    def __init__(
        self, admission: Admission, admitted: Admitted, form: Form | None, credentials: Credentials | None
    ) -> None:
        self._admission = admission
        self._admitted = admitted
        self._form = form
        self._credentials = credentials
        self._reader: Reader | None = None
        self._refusal: StopPressError | None = None
        self._queue = SendQueue(admission.write_buffer)

    async def run(self, blog: str, receive: Receive, send: Send) -> None:
        """Answer the request, and serve the reader until it is gone. Raises StopPressError to refuse it."""
        try:
            async with asyncio.TaskGroup() as group:
                receiving = group.create_task(self._receive(receive))
                sending = group.create_task(self._answer_and_send(blog, send, receiving))
                await asyncio.wait((receiving, sending), return_when=asyncio.FIRST_COMPLETED)
                if receiving.cancelled():
                    await asyncio.wait((sending,))  # it is about to send the close frame
                await end((receiving, sending))
        finally:
            if self._reader is not None:
                self._reader.gone()
        if self._refusal is not None:
            raise self._refusal

    async def _answer_and_send(self, blog: str, send: Send, receiving: asyncio.Task[None]) -> None:
        admission, admitted = self._admission, self._admitted
        try:
            channel = admission.channel(blog, admitted.cursor) or await admission.open_channel(
                blog, admitted.cursor, self._credentials
            )
        except StopPressError as error:
            self._refusal = error
            return
        reader = self._reader = Reader(channel, admitted.frame_format, self._queue, admission)
        self._queue.bind(reader)
        # Before the answer: the channel could close, or the drain begin, while the server sends it.
        reader.start(admitted.cursor)
        with contextlib.suppress(OSError):  # the client is gone; `_receive` hears of it too, perhaps later
            answer: Message = {
                "type": "websocket.accept",
                "subprotocol": self._form and self._form.value,
                "headers": [],
            }
            code = await self._queue.run(send, answer)
            # granian sends no close frame while the application waits for a message.
            await end((receiving,))
            await send({"type": "websocket.close", "code": code, "reason": ""})

    async def _receive(self, receive: Receive) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            data = message.get("bytes")
            size = len((message.get("text") or "").encode() if data is None else data)
            if self._reader is None:
                continue
            if size > MESSAGE_MAX:
                self._reader.closing()
                self._queue.write(close_frame(CloseCode.MESSAGE_TOO_BIG))
            elif not self._admission.spend(self._reader, 1, size):
                self._reader.close(Close.REFUSED)


class NoSuchSocket:
    """The endpoint of WebSockets at all other paths, as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request with 404."""
        await receive()
        await refuse(NotFound(f"there is no socket at {scope['path'][:200]!r}"), scope, receive, send)


class PlainRequest:
    """The endpoint of plain requests for a WebSocket's path: explains that it takes a WebSocket client.

    If the request does ask for a WebSocket, the ASGI server has no support for WebSockets. That is logged, once.
    """

    def __init__(self) -> None:
        self._logged = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with 426."""
        headers = HTTPConnection(scope).headers
        if headers.get("upgrade", "").lower() == "websocket" and "upgrade" in headers.get("connection", "").lower():
            detail = "this server has no WebSocket support, or it is switched off; use /events or /changes"
            if not self._logged:
                _log.warning(
                    "The ASGI server has no WebSocket support, or it is switched off: readers fall back to Server-Sent "
                    "Events. For uvicorn, install websockets, and don't start it with --ws none"
                )
                self._logged = True
        else:
            detail = "this path serves WebSockets only; connect with a WebSocket client, or use /events or /changes"
        status, own, body = problem_response(Invalid(detail, status=426))
        await Response(body, status, own | refusal_headers(status) | {"connection": "upgrade"})(scope, receive, send)


async def refuse(error: StopPressError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for a WebSocket with an HTTP error.

    A server without the extension `websocket.http.response` can answer only with 403.
    """
    if "websocket.http.response" in scope.get("extensions", {}):
        status, headers, body = problem_response(error)
        await Response(body, status, headers | refusal_headers(status))(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": Close.REFUSED.value, "reason": ""})


def _form(scope: Scope) -> Form | None:
    try:
        return choose_form(scope.get("subprotocols", ()))
    except UnknownSubprotocol as error:
        raise wrong_subprotocol(error) from error
