"""Changes that the ring no longer holds, read from the store.

Pages begin at multiples of 100 in the history, so readers with different cursors need the same pages. Those that need a
page at the same time share one query. A page is also kept for some seconds, with the messages that were encoded for one
reader, because others follow, and because a reader takes a large page in several parts.

A kept page may be older than the channel. A reader gets only the last change of each post, so messages that a newer
change in the ring has replaced are left out. If the ring does not reach back to the page, the page is read again.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from stoppress.errors import StopPressError, Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import Message
from stoppress.hub.tasks import ShortTasks
from stoppress.loop_turns import LoopTurns
from stoppress.model import as_of
from stoppress.store.base import Store

_PAGE = 100  # records per page
_AT_ONCE = 8  # pages read concurrently; the store has other clients
_KEPT_BYTES = 32_000_000  # of all pages that are kept
_KEPT_SECONDS = 5.0  # for which a page is kept: a deleted post may be in it

_log = logging.getLogger("stoppress.hub")
_sequence = attrgetter("sequence")


@dataclass(frozen=True, slots=True)
class Page:
    """Messages that advance a reader in `epoch`. `head` is its position after the last page, else None.

    `as_of` is the end of the history when the page was read: each message was then the last of its post or of the blog.
    """

    epoch: str
    messages: tuple[Message, ...]
    head: int | None
    as_of: int

    def after(self, sequence: int) -> Page:
        """The part of this page that a reader at `sequence` lacks."""
        first = bisect_right(self.messages, sequence, key=_sequence)
        return replace(self, messages=self.messages[first:]) if first else self

    def last_changes(self, messages: Sequence[Message], channel: Channel) -> Sequence[Message] | None:
        """Those of this page's `messages` that no newer change has replaced.

        None if the channel's ring does not reach back to the page, so that this is unknown.
        """
        if self.as_of >= channel.head:
            return messages
        newer = channel.ring.since(self.as_of)
        if newer is None:
            return None
        replaced = {message.about for message in newer}
        return [message for message in messages if message.about not in replaced]

    @property
    def size(self) -> int:
        """The approximate memory in bytes: each post or blog, its message in one form, and that compressed."""
        return sum(1_000 + 3 * message.length for message in self.messages)


_Key = tuple[Channel, int, int]  # the channel, its generation, and the sequence number before the page


class HistoryPages:
    """Pages of the store. `turns` are those of all work with pages on the event loop (loop_turns.py)."""

    def __init__(self, store: Store, tasks: ShortTasks, turns: LoopTurns | None = None) -> None:
        self._store = store
        self._tasks = tasks
        self.turns = turns or LoopTurns()
        self._under_way: dict[_Key, asyncio.Task[Page | StopPressError | None]] = {}
        self._kept: dict[_Key, Page] = {}
        self._size = 0
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def page(self, channel: Channel, after: int) -> Page | None:
        """The changes of the channel's blog after sequence number `after`. None if there is no such blog.

        At most one call returns in each pass of the event loop, so that callers may work on the page at once.

        Raises:
            Unavailable: the store can't be reached.
        """
        key = (channel, channel.generation, after // _PAGE * _PAGE)
        page = self._kept_page(key, after) or await self._shared(key)
        async with self.turns:
            pass
        return None if page is None else page.after(after)

    def _kept_page(self, key: _Key, after: int) -> Page | None:
        """The kept page as of the channel's head, if it brings a reader at `after` on."""
        channel, page = key[0], self._kept.get(key)
        messages = None if page is None else page.last_changes(page.messages, channel)
        if page is None or messages is None:
            return None
        if messages is not page.messages:
            page = replace(page, messages=tuple(messages))
        return page if _advances(page, channel, after) else None

    async def _shared(self, key: _Key) -> Page | None:
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = self._tasks.spawn(self._fetch(key))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Shielded, because others may be waiting for the same page.
        found = await asyncio.shield(task)
        if isinstance(found, StopPressError):
            raise Unavailable(found.detail) from found
        return found

    async def _fetch(self, key: _Key) -> Page | StopPressError | None:
        channel, _, start = key
        try:
            async with self._turn:
                found = await self._store.since(channel.blog.id, start, limit=_PAGE)
                if found is None or (found.blog.private and not channel.private):
                    return None  # for readers a blog that has become private is gone; the channel hears of it soon
                epoch, blog = found.head.epoch, found.blog
                messages = await self.turns.run(
                    Message(record, as_of(blog, record), epoch, channel.markup) for record in found.records
                )
        except StopPressError as error:
            return error
        except Exception as error:  # one page must not stop the hub, which owns the task
            _log.warning("Can't read the changes of blog %s: %s: %s", channel.blog.id, type(error).__name__, error)
            return Unavailable(f"the changes of the blog {channel.blog.id!r} can't be read now; try again")
        head = found.head.sequence
        page = Page(epoch, tuple(messages), None if found.more else head, head)
        if epoch == channel.epoch:
            self._keep(key, page)
        return page

    def _keep(self, key: _Key, page: Page) -> None:
        self._forget(key)
        self._kept[key] = page
        self._size += page.size
        while self._size > _KEPT_BYTES:
            self._forget(next(iter(self._kept)))
        asyncio.get_running_loop().call_later(_KEPT_SECONDS, self._expire, key, page)

    def _expire(self, key: _Key, page: Page) -> None:
        if self._kept.get(key) is page:
            self._forget(key)

    def _forget(self, key: _Key) -> None:
        page = self._kept.pop(key, None)
        if page is not None:
            self._size -= page.size


def _advances(page: Page, channel: Channel, after: int) -> bool:
    """Whether a kept page brings a reader at `after` on: to the next page, or to where the ring begins."""
    if page.head is None:
        return bool(page.messages) and page.messages[-1].sequence > after
    return page.head > after and page.head >= channel.ring.start
