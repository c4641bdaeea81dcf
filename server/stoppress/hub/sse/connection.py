"""An event stream on the fast path: a connection that has left ASGI, and is written to as WebSockets are.

The head of the response has been sent by then (event_stream.py). What follows are chunks, the same bytes for all
streams of a frame format. The client has nothing more to say: the response says `Connection: close`, so another request
on this connection gets no answer (RFC 9112, 9.6).
"""

from __future__ import annotations

import asyncio

from stoppress.hub.channel import Channel
from stoppress.hub.connection import ConnectionHost, ReaderConnection
from stoppress.hub.encoded_message import LAST_CHUNK, FrameFormat, stream_chunk
from stoppress.hub.hello import Hello
from stoppress.hub.sse.gzip_transport import GzipTransport
from stoppress.hub.subscriber import State
from stoppress.wire import Close


class StreamConnection(ReaderConnection):
    """A reader with its event stream. `frame_format` is one of event streams; if it is deflated, the stream is gzip."""

    __slots__ = ()

    def __init__(
        self,
        channel: Channel,
        frame_format: FrameFormat,
        transport: asyncio.Transport,
        host: ConnectionHost,
        address: str | None,
    ) -> None:
        writer = GzipTransport(transport) if frame_format.deflated else transport
        super().__init__(channel, frame_format, writer, host, address)

    def first_messages(self, hello: Hello) -> bytes:
        """Encode the messages that a stream gets first."""
        return stream_chunk(self.frame_format, hello.events(self.channel.cursor))

    def data_received(self, data: bytes) -> None:
        """Ignore what the client sends, within its budget. Beyond that, end the connection."""
        if not self.host.spend(self, 1, len(data)):
            self.transport.abort()

    def close(self, code: Close) -> None:
        """End the stream and the connection. The response is complete unless the client is to come back to this blog.

        A client that is too slow, or whose changes can't be read, gets an incomplete response, as on the ordinary path.
        """
        if self.state in (State.CLOSING, State.CLOSED):
            return
        self.closing()
        transport = self.transport
        if code is not Close.OVERLOADED:
            if isinstance(transport, GzipTransport):
                transport.finish()
            else:
                transport.write(LAST_CHUNK)
        transport.close()
