"""A compressed stream on the fast path is one gzip stream, in chunks that others share."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.doubles import content_of_chunks
from hub.history import a_message
from stoppress.hub.encoded_message import event, frame_format, stream_chunk
from stoppress.hub.sse.gzip_transport import GzipTransport
from stoppress.wire import Form

KIND = frame_format(Form.JSON, deflated=True, transport="sse")


class Socket(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.writes: list[Any] = []

    def write(self, data: Any) -> None:
        self.writes.append(data)


@given(st.lists(st.lists(st.tuples(st.booleans(), st.integers(1, 90_000)), min_size=1, max_size=3), max_size=5))
def test_whatever_is_written_in_whatever_pieces_is_one_gzip_stream(writes: list[list[tuple[bool, int]]]) -> None:
    socket = Socket()
    stream = GzipTransport(socket)
    plain = b""
    for write in writes:
        chunks = []
        for is_change, length in write:
            if is_change:
                message = a_message("x" * length)
                plain += message.event(frame_format(Form.JSON))
                chunks.append(message.frame(KIND))
            else:
                block = event("heartbeat", "y" * length)
                plain += block
                chunks.append(stream_chunk(KIND, block))
        stream.write(b"".join(chunks))
    stream.finish()
    assert gzip.decompress(content_of_chunks(b"".join(socket.writes))) == plain
