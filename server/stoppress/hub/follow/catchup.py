"""Catch-up from the store, for readers whose position is behind the ring."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from stoppress.errors import StopPressError
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import Message
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.follow.verify_with_store import Verifier
from stoppress.hub.subscriber import State
from stoppress.hub.tasks import ShortTasks
from stoppress.wire import Close

_log = logging.getLogger("stoppress.hub")


class Behind(Protocol):
    """A reader that is catching up (hub/socket/reader.py)."""

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
                    reader.take(page.messages, page.head)
        except StopPressError:
            reader.close(Close.OVERLOADED)
        except Exception:  # one reader's failure must not stop the hub
            _log.exception("Catch-up of a reader of blog %s failed; closing its connection", channel.blog.id)
            reader.close(Close.OVERLOADED)
        finally:
            self._under_way.discard(reader)
