"""Changes that the ring no longer holds, read from the store.

Readers that need the same page of changes at the same time share one query.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from stoppress.errors import StopPressError, Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import Message
from stoppress.hub.tasks import ShortTasks
from stoppress.model import as_of
from stoppress.store.base import Store

_PAGE = 100  # records per page
_AT_ONCE = 8  # pages read concurrently; the store has other clients

_log = logging.getLogger("stoppress.hub")


@dataclass(frozen=True, slots=True)
class Page:
    """Messages that advance a reader in `epoch`. `head` is its position after the last page, else None."""

    epoch: str
    messages: tuple[Message, ...]
    head: int | None


class HistoryPages:
    """Pages of the store. All who ask for a page while it is being read share one query."""

    def __init__(self, store: Store, tasks: ShortTasks) -> None:
        self._store = store
        self._tasks = tasks
        self._under_way: dict[tuple[str, str, int], asyncio.Task[Page | StopPressError | None]] = {}
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def page(self, channel: Channel, after: int) -> Page | None:
        """The changes of the channel's blog after sequence number `after`. None if there is no such blog.

        Raises:
            Unavailable: the store can't be reached.
        """
        key = (channel.blog.id, channel.epoch, after)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = self._tasks.spawn(self._fetch(channel, after))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Shielded, because others may be waiting for the same page.
        found = await asyncio.shield(task)
        if isinstance(found, StopPressError):
            raise Unavailable(found.detail) from found
        return found

    async def _fetch(self, channel: Channel, after: int) -> Page | StopPressError | None:
        try:
            async with self._turn:
                found = await self._store.since(channel.blog.id, after, limit=_PAGE)
        except StopPressError as error:
            return error
        except Exception as error:  # one page must not stop the hub, which owns the task
            _log.warning("Can't read the changes of blog %s: %s: %s", channel.blog.id, type(error).__name__, error)
            return Unavailable(f"the changes of the blog {channel.blog.id!r} can't be read now; try again")
        if found is None or (found.blog.private and not channel.private):
            return None  # for readers a blog that has become private is gone; the channel hears of it soon
        epoch = found.head.epoch
        messages = tuple(Message(record, as_of(found.blog, record), epoch, channel.markup) for record in found.records)
        return Page(epoch, messages, None if found.more else found.head.sequence)
