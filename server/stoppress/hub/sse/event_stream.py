"""Live changes as Server-Sent Events: `GET /v1/blogs/{blog}/events` (HTML Living Standard, 9.2).

The endpoint admits a request, and answers one that gets no stream. On the fast path, the stream's connection then
leaves ASGI (connection.py). The rest of this module serves a stream on the ordinary path, in any ASGI server.

Such a stream has no queue. It has a cursor, and an event that wakes it to read the ring, or the store for older
changes. It waits for the client to take each block, so a slow client finds more changes compacted at the next read. A
client that takes nothing for `slow_timeout` seconds is disconnected.

An EventSource reconnects by itself whenever a stream ends. If the blog has ended and the client has all of it, the
answer is 204, which tells an EventSource not to reconnect.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stoppress import wire
from stoppress.connection_takeover import Takeover, takeover
from stoppress.errors import Invalid, ParameterError, StopPressError
from stoppress.hub.admission import Admission, Credentials
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import FrameFormat, Message, event, frame_format
from stoppress.hub.flow_control import limit_write_buffer
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.sse.connection import StreamConnection
from stoppress.hub.sse.content_encoding import Encoding, encoding
from stoppress.model import Cursor
from stoppress.problem import problem_response
from stoppress.query_parameters import CURSOR, EVENTS, FORM, MAX_MESSAGE, read_query

PATH = "/v1/blogs/{blog}/events"


class EventStream:
    """One reader by Server-Sent Events on the ordinary path, at `sequence` of the channel's history.

    `kind` is without compression.
    """

    def __init__(self, channel: Channel, kind: FrameFormat, cursor: Cursor | None, encoding: Encoding) -> None:
        self.channel = channel
        self.kind = kind
        self.encoding = encoding
        self._pending: list[bytes] = []
        self._leaving = False
        self._moved = asyncio.Event()
        hello = channel.hello(cursor, kind.form)
        self.sequence = hello.sequence
        self._pending.append(hello.events(channel.cursor))

    def set(self) -> None:
        """Wake the stream, because the channel has moved."""
        self._moved.set()

    def reset(self, block: bytes) -> None:
        """The channel restarted: send `block`, the `reset` event, and continue from the channel's head."""
        self._pending.append(block)
        self.sequence = self.channel.head
        self._moved.set()

    def send_bye(self, retry_after_ms: int, reason: wire.ByeReason) -> None:
        """This server is shutting down: send a `bye` event that says when to reconnect, and end the stream."""
        here = Cursor(self.channel.epoch, self.sequence)
        text = wire.bye(here, retry_after_ms=retry_after_ms, reason=reason)
        self._pending.append(event("bye", text, retry=retry_after_ms))
        self._leaving = True
        self._moved.set()

    async def blocks(self, history_pages: HistoryPages) -> AsyncIterator[bytes]:
        """Yield the blocks to send, as they become available. Ends with the blog, or when this server shuts down."""
        channel = self.channel
        while True:
            self._moved.clear()
            if self._pending:
                pending, self._pending = b"".join(self._pending), []
                yield self.encoding.encode_block(pending)
                continue
            if self._leaving or channel.deleted:
                yield self.encoding.end()
                return
            if self.sequence < channel.head:
                async for block in self._lacking(history_pages):
                    yield block
                continue
            if channel.ended:
                yield self.encoding.end()
                return
            try:
                async with asyncio.timeout(channel.heartbeat):
                    await self._moved.wait()
            except TimeoutError:
                yield self.encoding.encode_block(event("heartbeat", wire.heartbeat(channel.cursor, channel.audience)))

    async def _lacking(self, history_pages: HistoryPages) -> AsyncIterator[bytes]:
        """Yield the changes that the reader lacks.

        Returns after a chunk: by the next, newer changes may have replaced some.
        """
        channel, generation = self.channel, self.channel.generation
        messages: Sequence[Message] | None = channel.ring.since(self.sequence)
        head: int | None = channel.head
        if messages is None:
            page = await history_pages.page(channel, self.sequence)
            if channel.generation != generation:
                return
            if page is None or page.epoch != channel.epoch:
                # The blog was deleted or has a new epoch. The verifier soon tells the channel, which tells this stream.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(channel.heartbeat):
                        await self._moved.wait()
                return
            messages, head = page.messages, page.head
        chunk: list[bytes] = []
        size = 0
        for message in messages:
            chunk.append(self.encoding.encode_message(message, self.kind))
            size += len(chunk[-1])
            self.sequence = message.sequence
            if size >= channel.chunk:
                self._count(len(chunk), size)
                yield b"".join(chunk)
                return
        if head is not None:
            self.sequence = max(self.sequence, head)
        self._count(len(chunk), size)
        yield b"".join(chunk)

    def _count(self, messages: int, size: int) -> None:
        self.channel.deliveries.add("sse", messages, size)
        self.channel.deliveries.settle()


class Events:
    """The endpoint, as an ASGI application."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request with a stream or a problem.

        The answer is 204 if the blog has ended and the client has all of it.
        """
        request = Request(scope)
        admission, headers = self._admission, request.headers
        theirs = admission.address(request.client and request.client.host, headers.getlist("x-forwarded-for"))
        address = theirs if admission.by_address else None  # a stream keeps it
        try:
            asked = read_query(scope["query_string"], EVENTS)
            cursor = _last_event_id(headers) or asked[CURSOR]
            authorization = headers.get("authorization")
            credentials = None if authorization is None else Credentials(authorization, theirs or "")
            admission.admit(origin=headers.get("origin"), host=headers.get("host"), address=address)
            taken = False
            try:
                channel = await admission.open_channel(request.path_params["blog"], cursor, credentials)
                if request.method == "HEAD":
                    await Response(headers=_headers())(scope, receive, send)
                    return
                if channel.ended and cursor == channel.cursor:
                    await Response(status_code=204, headers=_headers())(scope, receive, send)
                    return
                accepted = headers.get("accept-encoding", "") if admission.compress else ""
                chosen = encoding(accepted)
                connection = takeover(scope)
                if connection is not None and connection.possible():
                    kind = frame_format(
                        asked[FORM], deflated=chosen.deflated, max_message=asked[MAX_MESSAGE], transport="sse"
                    )
                    await _send_head(send, _headers(chosen.name) | {"connection": "close"})
                    # A middleware may keep the head until the body begins.
                    await send({"type": "http.response.body", "body": b"", "more_body": True})
                    taken = True
                    self._take(connection, channel, kind, cursor, address)
                    return
                kind = frame_format(asked[FORM], max_message=asked[MAX_MESSAGE])
                stream = EventStream(channel, kind, cursor, chosen)
                channel.streams.add(stream)
                try:
                    await self._serve(stream, receive, send)
                finally:
                    channel.streams.discard(stream)
            finally:
                if not taken:
                    admission.leave(address)
        except StopPressError as error:
            admission.count_refusal(error)
            await _refusal(error)(scope, receive, send)

    def _take(
        self, connection: Takeover, channel: Channel, kind: FrameFormat, cursor: Cursor | None, address: str | None
    ) -> None:
        """Let a StreamConnection take over the connection. From now on it counts the reader out."""
        admission = self._admission

        def make(transport: asyncio.Transport) -> StreamConnection:
            limit_write_buffer(transport, admission.write_buffer)
            return StreamConnection(channel, kind, transport, admission, address)

        stream = connection.take(make)
        try:
            stream.start(cursor)
        except Exception:
            stream.transport.abort()  # never half open
            raise

    async def _serve(self, stream: EventStream, receive: Receive, send: Send) -> None:
        await _send_head(send, _headers(stream.encoding.name))
        async with asyncio.TaskGroup() as group:
            both = group.create_task(self._send(stream, send)), group.create_task(_until_gone(receive))
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()

    async def _send(self, stream: EventStream, send: Send) -> None:
        # The client takes nothing for too long, or its changes can't be read now. It reconnects by itself: the response
        # stays incomplete, so uvicorn closes the connection.
        with contextlib.suppress(TimeoutError, OSError, StopPressError):
            async for block in stream.blocks(self._admission.history_pages):
                async with asyncio.timeout(self._admission.slow_timeout):
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            async with asyncio.timeout(self._admission.slow_timeout):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_head(send: Send, headers: dict[str, str]) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": pairs})


def _headers(content_encoding: str | None = None) -> dict[str, str]:
    headers = {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "vary": "accept-encoding",
    }
    if content_encoding:
        headers["content-encoding"] = content_encoding
    return headers


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _last_event_id(headers: Headers) -> Cursor | None:
    """The cursor of an EventSource that reconnects.

    It takes precedence over the query's `cursor`, which stays in the URL.
    """
    last = headers.get("last-event-id")
    if not last:
        return None
    try:
        return Cursor.parse(last)
    except ValueError as error:
        raise Invalid(f"Last-Event-ID: {error}", [ParameterError("Last-Event-ID", str(error))], status=400) from error


def _refusal(error: StopPressError) -> Response:
    """The answer to a request that gets no stream."""
    status, headers, body = problem_response(error)
    return Response(body, status, headers)
