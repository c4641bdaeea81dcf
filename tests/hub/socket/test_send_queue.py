"""What waits for a reader through ASGI: sent in order, bounded like a socket, and ended by a close frame."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from hub.doubles import ChannelScene, state_of
from hub.history import HistoryInMemory
from stoppress.hub.encoded_message import close_frame, frame_format, text_frame
from stoppress.hub.reader import Reader
from stoppress.hub.socket.send_queue import SendQueue
from stoppress.hub.subscriber import State
from stoppress.task_cancellation import end
from stoppress.wire import Form
from waiting import eventually

pytestmark = pytest.mark.anyio
ACCEPT = {"type": "websocket.accept"}


class Server:
    """An ASGI server that takes messages while it is open."""

    def __init__(self) -> None:
        self.taken: list[MutableMapping[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self.open.wait()
        self.taken.append(message)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.taken if message["type"] == "websocket.send"]


async def test_frames_are_sent_one_by_one_until_a_close_frame() -> None:
    server, queue = Server(), SendQueue(1_000)
    queue.write(text_frame("a") + text_frame("ä" * 200) + text_frame("b" * 70_000))
    queue.write(text_frame("c") + close_frame(1012) + text_frame("never"))
    assert await asyncio.wait_for(queue.run(server.send, ACCEPT), 10) == 1012
    assert server.taken[0] == ACCEPT
    assert server.texts == ["a", "ä" * 200, "b" * 70_000, "c"]


def scene(write_buffer: int) -> tuple[ChannelScene, Reader, SendQueue]:
    """A channel, and a reader of it whose queue has this limit."""
    at = ChannelScene(HistoryInMemory(), write_buffer=write_buffer)
    queue = SendQueue(write_buffer)
    reader = Reader(at.channel, frame_format(Form.JSON), queue, at.host)
    queue.bind(reader)
    reader.start(None)
    return at, reader, queue


async def test_a_reader_that_takes_nothing_lags_with_few_bytes_and_catches_up_compacted() -> None:
    at, reader, queue = scene(4_096)
    server = Server()
    server.open.clear()
    sending = asyncio.create_task(queue.run(server.send, ACCEPT))
    for _ in range(500):
        at.history.publish("gust", body="<p>" + "wind " * 100 + "</p>")
        at.follow()
    assert state_of(reader) is State.LAGGING
    assert at.counted("stoppress_readers_lagging") == 1
    assert reader in at.host.expected, "it has a deadline"
    behind = reader.sequence
    assert behind < 20, "what it lacks is not stored for it"
    server.open.set()

    async def there() -> bool:
        return state_of(reader) is State.LIVE and len(server.texts) > behind

    await eventually(there, "it has caught up")
    await end([sending])
    assert reader.sequence == at.channel.head == 500
    assert len(server.texts) == 1 + behind + 1, "the hello, what it got before, and the last word on the post"
    assert at.counted("stoppress_readers_lagging") == 0


async def test_abort_discards_what_waits_and_ends_the_sending() -> None:
    server, queue = Server(), SendQueue(1_000)
    server.open.clear()
    sending = asyncio.create_task(queue.run(server.send, ACCEPT))
    queue.write(text_frame("a"))
    await asyncio.sleep(0)
    queue.abort()
    await asyncio.wait({sending}, timeout=10)
    assert sending.cancelled()
    assert server.taken == []
