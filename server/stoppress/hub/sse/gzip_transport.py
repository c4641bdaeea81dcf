"""The transport of an event stream with gzip: it keeps the checksum that ends a gzip stream (RFC 1952, 2.3.1).

The hub writes chunks that many streams share. Each has events that are compressed already. The checksum is one of the
uncompressed bytes of a whole stream, so it differs from stream to stream. To compute it, a chunk's content is
decompressed again, once for all streams, because the latest results are kept.
"""

from __future__ import annotations

import asyncio
import zlib
from functools import lru_cache

from stoppress.hub.encoded_message import GZIP_HEAD, LAST_CHUNK, chunk, gzip_tail


class GzipTransport(asyncio.Transport):
    """Writes to `transport`. Each `write` has whole chunks, with the deflated content of whole blocks."""

    __slots__ = ("_check", "_length", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._check = 0
        self._length = 0
        transport.write(chunk(GZIP_HEAD))

    def write(self, data: bytes) -> None:  # type: ignore[override]
        """Send chunks, and add their content to the checksum."""
        content = _content(data)
        self._check = zlib.crc32(content, self._check)
        self._length += len(content)
        self._transport.write(data)

    def finish(self) -> None:
        """Send the end of the gzip stream and of the response."""
        self._transport.write(chunk(gzip_tail(self._check, self._length)) + LAST_CHUNK)

    def abort(self) -> None:
        self._transport.abort()

    def close(self) -> None:
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()


@lru_cache(maxsize=32)
def _content(chunks: bytes) -> bytes:
    """The uncompressed content of consecutive chunks."""
    inflate = zlib.decompressobj(wbits=-15)
    content, start = [], 0
    while start < len(chunks):
        end_of_size = chunks.index(b"\r\n", start)
        begin = end_of_size + 2
        end = begin + int(chunks[start:end_of_size], 16)
        content.append(inflate.decompress(chunks[begin:end]))
        start = end + 2
    return b"".join(content)
