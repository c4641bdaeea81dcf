"""Frames as a client writes them, right or wrong, and a client that sends whatever bytes."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.serving import HubServer
from waiting import PATIENCE

MASK = b"\x01\x02\x03\x04"


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True, length: int = -1
) -> bytes:
    """A client's frame, right or wrong."""
    size = len(payload) if length < 0 else length
    mask = 0x80 if masked else 0
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    if size < 126:
        head += bytes([mask | size])
    elif size < 65_536:
        head += bytes([mask | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))


def close(code: int, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return frame(8, struct.pack("!H", code) + reason)


class Raw:
    """A client that sends whatever bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.answer = b""  # to the handshake

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def receive(self) -> tuple[int, bytes]:
        """The opcode and payload of the server's next frame."""
        async with asyncio.timeout(PATIENCE):
            head, size = await self._reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            return head & 15, await self._reader.readexactly(size)

    async def closing(self) -> int:
        """The code of the close frame that comes, behind which the connection must end."""
        while True:
            opcode, payload = await self.receive()
            if opcode == 8:
                async with asyncio.timeout(PATIENCE):
                    assert await self._reader.read() == b""
                return int(struct.unpack("!H", payload[:2])[0]) if payload else 1005

    async def ended(self) -> None:
        """Return when the server has closed."""
        async with asyncio.timeout(PATIENCE):
            await self._reader.read()


@asynccontextmanager
async def raw(at: HubServer, *more: str) -> AsyncIterator[Raw]:
    """A client behind its handshake, with `more` header lines, and the server's hello."""
    reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
    writer.write(
        b"GET /v1/blogs/regatta/socket HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        + "".join(f"{line}\r\n" for line in (*more, "")).encode()
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
    client = Raw(reader, writer)
    client.answer = answer
    assert json.loads((await client.receive())[1])["type"] == "hello"
    try:
        yield client
    finally:
        writer.transport.abort()
