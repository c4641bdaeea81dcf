"""Many readers at once, to measure a server or to hold it to its word. Each is a bare protocol: the tool must cost less
than what it measures.

A reader keeps its cursor and comes back when it was cut off, after what `bye` asked for, as docs/protocol.md asks of
clients. `follow` has it keep what it was told as well: each post's revision, and how often it got one that was no news.
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
_LATER = (0.1, 1.0)  # seconds before a reader that was cut off comes back, at random


class Reader(asyncio.Protocol):
    """One reader of `swarm`."""

    __slots__ = (
        "_buffer",
        "_head",
        "_simulated",
        "_transport",
        "back",
        "cursor",
        "doubles",
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
        self.back: float | None = None  # seconds after which it is to come back, as a `bye` said
        self.state: dict[str, int] = {}
        self.removed: set[str] = set()
        self.doubles = 0
        self.resets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket, or the stream."""
        self._transport = cast(asyncio.Transport, transport)
        self._buffer, self._head = b"", True
        self._transport.write(self._simulated.request(self.cursor))

    def data_received(self, data: bytes) -> None:
        """Take in whole frames, or whole events."""
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
            self._simulated.let_in(self)
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
                self._simulated.heard(self, buffer[start : start + length])
            elif buffer[0] == 0x88 and self._transport:
                self._transport.close()
            buffer = buffer[start + length :]
        return buffer

    def _events(self, buffer: bytes) -> bytes:
        *blocks, rest = buffer.split(b"\n\n")
        for block in blocks:
            for line in block.split(b"\n"):
                if line.startswith(b"data: "):
                    self._simulated.heard(self, line[6:])
        return rest

    def connection_lost(self, exc: Exception | None) -> None:
        """Come back, unless all is over."""
        if not self._head:
            self._simulated.opened -= 1
        self._head = True
        self._simulated.lost(self)

    def stall(self) -> None:
        """Take nothing more off the socket, until `go_on`."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def leave(self) -> None:
        """Go away without a word, as a phone does that lost its network."""
        if self._transport:
            self._transport.abort()


class SimulatedReaders:
    """Readers of one blog, who begin at `cursor`. `on_message` gets each message as it came, before anything is made of
    it, and `on_open` each reader whose handshake succeeded."""

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
        self._gone: set[Reader] = set()
        self._awaited: set[Reader] = set()  # who was not yet let in for the first time
        self._coming: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(100)

    def request(self, cursor: str | None) -> bytes:
        """What a reader sends."""
        lines = [f"GET {self._path}{f'?cursor={cursor}' if cursor else ''} HTTP/1.1", f"Host: {self._host_header}"]
        if not self.sse:
            lines += ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {_KEY}"]
            lines += ["Sec-WebSocket-Version: 13"]
        return "\r\n".join([*lines, "", ""]).encode()

    async def open(self, count: int, *, within: float = 120.0) -> None:
        """Let `count` more in. Raises TimeoutError."""
        for _ in range(count):
            reader = Reader(self)
            self.readers.append(reader)
            self._awaited.add(reader)
            self._come(reader, 0.0)
        async with asyncio.timeout(within):
            while self._awaited:
                self._changed.clear()
                await self._changed.wait()

    def _come(self, reader: Reader, pause: float) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(reader, pause))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def _connect(self, reader: Reader, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            async with self._turn:
                await asyncio.get_running_loop().create_connection(
                    lambda: reader, self._host, self._port, ssl=self._tls or None
                )
        except OSError:
            self.lost(reader)

    def dismiss(self, readers: Collection[Reader]) -> None:
        """Let these go for good."""
        going = set(readers)
        self.readers = [reader for reader in self.readers if reader not in going]
        self._gone |= going
        self._awaited -= going
        for reader in going:
            reader.leave()

    def let_in(self, reader: Reader) -> None:
        """One more is there."""
        self.opened += 1
        self._awaited.discard(reader)
        self.on_open(reader)
        self._changed.set()

    def lost(self, reader: Reader) -> None:
        """It was cut off, or not let in."""
        if reader in self._gone:
            self._gone.discard(reader)
        elif not self._over:
            pause = random.uniform(*_LATER) if reader.back is None else reader.back
            reader.back = None
            self._come(reader, pause)

    def heard(self, reader: Reader, message: bytes) -> None:
        """A reader got a message."""
        self.on_message(reader, message)
        if self.follow:
            self._note(reader, json.loads(message))

    def _note(self, reader: Reader, message: dict[str, object]) -> None:
        kind = message["type"]
        if kind == "bye":
            reader.back = cast(int, message["retry_after_ms"]) / 1000
        if kind in ("heartbeat", "bye") or (kind == "hello" and reader.cursor):
            return
        reader.cursor = str(message["cursor"])
        if kind == "reset":
            reader.resets += 1
        elif kind in ("post", "remove"):
            entry = cast("dict[str, object]", message["post"] if kind == "post" else message)
            post, revision = str(entry["id"]), cast(int, entry["revision"])
            if reader.state.get(post, 0) >= revision:
                reader.doubles += 1
            reader.state[post] = revision
            (reader.removed.discard if kind == "post" else reader.removed.add)(post)

    async def close(self) -> None:
        """Let all go."""
        self._over = True
        for task in tuple(self._coming):
            task.cancel()
        for reader in self.readers:
            reader.leave()
        await asyncio.sleep(0)


def now() -> float:
    """The clock that everything here is timed by, in seconds."""
    return time.monotonic()
