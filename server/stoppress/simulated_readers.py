"""Many simulated readers, to measure or test a server.

Each simulated reader is a bare asyncio protocol, so that a load test costs less than the server that it measures.

A reader keeps its cursor. When it is disconnected it reconnects, after the delay that `bye` gave, as docs/protocol.md
requires of clients. With `follow` it also records each post's revision, and how often it received one that it already
had.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import time
from collections.abc import Callable, Collection
from typing import cast
from urllib.parse import urlsplit

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_LATER = (0.1, 1.0)  # range of the random delay before a disconnected reader reconnects, in seconds


class Reader(asyncio.Protocol):
    """One reader of a SimulatedReaders."""

    __slots__ = (
        "_buffer",
        "_head",
        "_simulated",
        "_transport",
        "reconnect_delay",
        "cursor",
        "duplicates",
        "removed",
        "resets",
        "state",
    )

    def __init__(self, simulated: SimulatedReaders) -> None:
        self._simulated = simulated
        self._buffer = b""
        self._head = True
        self._transport: asyncio.Transport | None = None
        self.cursor = simulated.cursor
        self.reconnect_delay: float | None = None  # seconds to wait before reconnecting, as a `bye` said
        self.state: dict[str, int] = {}
        self.removed: set[str] = set()
        self.duplicates = 0
        self.resets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Request the WebSocket or the event stream."""
        self._transport = cast(asyncio.Transport, transport)
        self._buffer, self._head = b"", True
        self._transport.write(self._simulated.request(self.cursor))

    def data_received(self, data: bytes) -> None:
        """Process whole frames, or whole events."""
        buffer = self._buffer + data if self._buffer else data
        if self._head:
            head, end, rest = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = buffer
                return
            if head[9:12] not in (b"101", b"200"):
                self._buffer = b""
                if self._transport:
                    self._transport.close()
                return
            self._head, buffer = False, rest
            self._simulated.connected(self)
        take = self._events if self._simulated.sse else self._frames
        self._buffer = take(buffer)

    def _frames(self, buffer: bytes) -> bytes:
        while len(buffer) >= 2:
            length, start = buffer[1], 2
            if length >= 126:
                start = 4 if length == 126 else 10
                if len(buffer) < start:
                    break
                (length,) = struct.unpack("!H" if start == 4 else "!Q", buffer[2:start])
            if len(buffer) < start + length:
                break
            if buffer[0] == 0x81:
                self._simulated.received(self, buffer[start : start + length])
            elif buffer[0] == 0x88 and self._transport:
                self._transport.close()
            buffer = buffer[start + length :]
        return buffer

    def _events(self, buffer: bytes) -> bytes:
        *blocks, rest = buffer.split(b"\n\n")
        for block in blocks:
            for line in block.split(b"\n"):
                if line.startswith(b"data: "):
                    self._simulated.received(self, line[6:])
        return rest

    def connection_lost(self, exc: Exception | None) -> None:
        """Reconnect, unless the readers are closed."""
        if not self._head:
            self._simulated.opened -= 1
        self._head = True
        self._simulated.disconnected(self)

    def pause_reading(self) -> None:
        """Stop reading from the socket, until `resume_reading`."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Continue reading from the socket."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def leave(self) -> None:
        """Abort the connection, as when a phone loses its network."""
        if self._transport:
            self._transport.abort()


class SimulatedReaders:
    """Readers of one blog. They start at `cursor`.

    `on_message` is called with each reader and message, before the message is processed. `on_open` is called with each
    reader whose handshake succeeded.
    """

    def __init__(
        self, url: str, blog: str, *, sse: bool = False, follow: bool = False, cursor: str | None = None
    ) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "127.0.0.1", place.port or (443 if place.scheme == "https" else 80)
        self._tls = place.scheme == "https"
        self._path = f"{place.path.rstrip('/')}/v1/blogs/{blog}/{'events' if sse else 'socket'}"
        self._host_header = place.netloc
        self.sse = sse
        self.follow = follow
        self.cursor = cursor
        self.readers: list[Reader] = []
        self.opened = 0
        self.on_message: Callable[[Reader, bytes], None] = lambda reader, message: None
        self.on_open: Callable[[Reader], None] = lambda reader: None
        self._changed = asyncio.Event()
        self._over = False
        self._removed: set[Reader] = set()
        self._awaited: set[Reader] = set()  # readers whose first handshake has not succeeded yet
        self._connecting: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(100)

    def request(self, cursor: str | None) -> bytes:
        """The request that a reader sends to connect."""
        lines = [f"GET {self._path}{f'?cursor={cursor}' if cursor else ''} HTTP/1.1", f"Host: {self._host_header}"]
        if not self.sse:
            lines += ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {_KEY}"]
            lines += ["Sec-WebSocket-Version: 13"]
        return "\r\n".join([*lines, "", ""]).encode()

    async def open(self, count: int, *, within: float = 120.0) -> None:
        """Connect `count` more readers. Raises TimeoutError if that takes longer than `within` seconds."""
        for _ in range(count):
            reader = Reader(self)
            self.readers.append(reader)
            self._awaited.add(reader)
            self._connect_later(reader, 0.0)
        async with asyncio.timeout(within):
            while self._awaited:
                self._changed.clear()
                await self._changed.wait()

    def _connect_later(self, reader: Reader, pause: float) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(reader, pause))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, reader: Reader, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            async with self._turn:
                await asyncio.get_running_loop().create_connection(
                    lambda: reader, self._host, self._port, ssl=self._tls or None
                )
        except OSError:
            self.disconnected(reader)

    def remove(self, readers: Collection[Reader]) -> None:
        """Disconnect these readers for good."""
        going = set(readers)
        self.readers = [reader for reader in self.readers if reader not in going]
        self._removed |= going
        self._awaited -= going
        for reader in going:
            reader.leave()

    def connected(self, reader: Reader) -> None:
        """Called by a reader whose handshake has succeeded."""
        self.opened += 1
        self._awaited.discard(reader)
        self.on_open(reader)
        self._changed.set()

    def disconnected(self, reader: Reader) -> None:
        """Called by a reader that was disconnected or rejected."""
        if reader in self._removed:
            self._removed.discard(reader)
        elif not self._over:
            pause = random.uniform(*_LATER) if reader.reconnect_delay is None else reader.reconnect_delay
            reader.reconnect_delay = None
            self._connect_later(reader, pause)

    def received(self, reader: Reader, message: bytes) -> None:
        """Called by a reader that has received a message."""
        self.on_message(reader, message)
        if self.follow:
            self._note(reader, json.loads(message))

    def _note(self, reader: Reader, message: dict[str, object]) -> None:
        kind = message["type"]
        if kind == "bye":
            reader.reconnect_delay = cast(int, message["retry_after_ms"]) / 1000
        if kind in ("heartbeat", "bye") or (kind == "hello" and reader.cursor):
            return
        reader.cursor = str(message["cursor"])
        if kind == "reset":
            reader.resets += 1
        elif kind in ("post", "remove"):
            entry = cast("dict[str, object]", message["post"] if kind == "post" else message)
            post, revision = str(entry["id"]), cast(int, entry["revision"])
            if reader.state.get(post, 0) >= revision:
                reader.duplicates += 1
            reader.state[post] = revision
            (reader.removed.discard if kind == "post" else reader.removed.add)(post)

    async def close(self) -> None:
        """Disconnect all readers."""
        self._over = True
        for task in tuple(self._connecting):
            task.cancel()
        for reader in self.readers:
            reader.leave()
        await asyncio.sleep(0)


def now() -> float:
    """The clock of all measurements here, in seconds."""
    return time.monotonic()
