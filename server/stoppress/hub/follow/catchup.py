"""Catch-up from the store, for readers whose position is behind the ring.

A reader gets a page in parts of about STOPPRESS_WRITE_BUFFER bytes. Each part is encoded and written in a turn of its
own (loop_turns.py): all readers that catch up are served in turn, and together hold the event loop for a few
milliseconds at a time. What its socket has no room for is not encoded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Protocol

from stoppress.errors import StopPressError
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import Message
from stoppress.hub.follow.history_pages import HistoryPages, Page
from stoppress.hub.follow.verify_with_store import Verifier
from stoppress.hub.subscriber import State
from stoppress.hub.tasks import ShortTasks
from stoppress.wire import Close

_log = logging.getLogger("stoppress.hub")


class Behind(Protocol):
    """A reader that is catching up (hub/reader.py)."""

    channel: Channel
    sequence: int
    state: State

    def take(self, page: Sequence[Message], head: int | None) -> None:
        """Write a page of messages. `head` is the blog's head after the last page, and None after any other."""

    def close(self, code: Close) -> None:
        """Begin the closing handshake."""


class CatchUp:
    """Brings readers to the head, page by page. Each reader has at most one task."""

    def __init__(self, history_pages: HistoryPages, verifier: Verifier, tasks: ShortTasks) -> None:
        self._history_pages = history_pages
        self._verifier = verifier
        self._tasks = tasks
        self._under_way: set[Behind] = set()

    def start(self, reader: Behind) -> None:
        """Start catching up, unless `reader` already is or the hub is stopping."""
        if self._tasks.accepting and reader not in self._under_way:
            self._under_way.add(reader)
            self._tasks.spawn(self._catch_up(reader))

    async def _catch_up(self, reader: Behind) -> None:
        channel = reader.channel
        try:
            while reader.state is State.CATCHING_UP:
                page = await self._history_pages.page(channel, reader.sequence)
                if reader.state is not State.CATCHING_UP:
                    return  # its socket became full, it disconnected, or it was reset
                if page is None or page.epoch != channel.epoch:
                    # The blog was deleted or has a new epoch. The verifier disconnects or resets all its readers.
                    await self._verifier.check((channel.blog.id,))
                    if reader.state is State.CATCHING_UP:
                        reader.close(Close.OVERLOADED)
                else:
                    await self._give(reader, page)
        except StopPressError:
            reader.close(Close.OVERLOADED)
        except Exception:  # one reader's failure must not stop the hub
            _log.exception("Catch-up of a reader of blog %s failed; closing its connection", channel.blog.id)
            reader.close(Close.OVERLOADED)
        finally:
            self._under_way.discard(reader)

    async def _give(self, reader: Behind, page: Page) -> None:
        generation, written = reader.channel.generation, reader.sequence
        for messages, head in _parts(page, reader.channel.chunk):
            async with self._history_pages.turns:
                if reader.state is not State.CATCHING_UP or reader.channel.generation != generation:
                    return
                if reader.sequence < written:
                    return  # its socket was full for a moment, and the part before was not written whole
                last = page.last_changes(messages, reader.channel)  # again, because the parts before took time
                if last is None:
                    return
                reader.take(last, head)
            if last:
                written = last[-1].sequence


def _parts(page: Page, size: int) -> Iterator[tuple[Sequence[Message], int | None]]:
    """The messages of `page` in parts of at most about `size` bytes, each with the head after it, or None."""
    part: list[Message] = []
    length = 0
    for message in page.messages:
        if part and length + message.length > size:
            yield part, None
            part, length = [], 0
        part.append(message)
        length += message.length
    yield part, page.head
