"""A bounded queue of the frames that wait to be sent to one reader through an ASGI server.

ASGI has no buffer with limits: `send` returns once the server has room, however long that takes. So a SendQueue stands
between the hub, which never waits, and `send`. To the reader it is a transport like asyncio's. Once more than
STOPPRESS_WRITE_BUFFER bytes wait, the reader pauses (flow_control.py), and the hub writes nothing more to it: its
position in the ring is enough to continue from. Once nearly everything is sent, the reader resumes.

The hub writes finished frames, the same bytes for many readers. An ASGI server wants each frame's text, and makes the
frame itself. The latest texts are kept, so a message is decoded once for all its readers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import lru_cache

from starlette.types import Message, Send

from stoppress.hub.encoded_message import contents
from stoppress.hub.flow_control import FlowControl

_contents = lru_cache(maxsize=32)(contents)


class SendQueue:
    """The frames that wait for one reader. `limit` is the number of bytes beyond which the reader pauses."""

    __slots__ = ("_frames", "_limit", "_paused", "_reader", "_sender", "_size", "_written")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._written = asyncio.Event()
        self._reader: FlowControl | None = None
        self._sender: asyncio.Task[None] | None = None

    def bind(self, reader: FlowControl) -> None:
        """Pause and resume `reader` from now on."""
        self._reader = reader

    def write(self, data: bytes, /) -> None:
        """Send `data`, which is one or more whole frames. If too much waits then, the reader pauses."""
        self._frames.append(data)
        self._size += len(data)
        self._written.set()
        if self._size > self._limit and not self._paused:
            self._paused = True
            if self._reader is not None:
                self._reader.pause()

    def abort(self) -> None:
        """Discard what waits, and cancel the task that called `run`."""
        self._frames.clear()
        if self._sender is not None:
            self._sender.cancel()

    async def run(self, send: Send, answer: Message) -> int:
        """Send `answer`, which accepts the handshake, and then what is written, in order, up to a close frame.

        Returns the close frame's code, which the caller has to send.
        """
        self._sender = asyncio.current_task()
        await send(answer)
        while True:
            while self._frames:
                frames = self._frames[0]
                for content in _contents(frames):
                    if isinstance(content, int):
                        return content
                    await send({"type": "websocket.send", "text": content})
                self._frames.popleft()
                self._size -= len(frames)
                self._resume()
            self._written.clear()
            await self._written.wait()

    def _resume(self) -> None:
        if self._paused and self._size <= self._limit // 4:
            self._paused = False
            if self._reader is not None:
                self._reader.resume()
