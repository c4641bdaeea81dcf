"""What the ring no longer has, fetched from the store: one page for all readers that ask for it at the same time."""

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

_PAGE = 100  # records a page
_AT_ONCE = 8  # pages fetched at once: the store has others to serve

_log = logging.getLogger("stoppress.hub")


@dataclass(frozen=True, slots=True)
class Page:
    """Messages that bring a reader on, in `epoch`; to `head`, unless more is to come (None)."""

    epoch: str
    messages: tuple[Message, ...]
    head: int | None


class HistoryPages:
    """The store's pages, each fetched once for all who ask while it is fetched."""

    def __init__(self, store: Store, tasks: ShortTasks) -> None:
        self._store = store
        self._tasks = tasks
        self._under_way: dict[tuple[str, str, int], asyncio.Task[Page | StopPressError | None]] = {}
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def page(self, channel: Channel, after: int) -> Page | None:
        """What changed in the channel's blog after `after`; None when there is no such blog.

        Raises:
            Unavailable: the store can't be asked.
        """
        key = (channel.blog.id, channel.epoch, after)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = self._tasks.spawn(self._fetch(channel, after))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Shielded: others may wait for the same page.
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
        except Exception as error:  # the task's owner must not fall for one page
            _log.warning("reading the changes of %s failed: %s: %s", channel.blog.id, type(error).__name__, error)
            return Unavailable(f"the changes of {channel.blog.id} can't be read now")
        if found is None:
            return None
        epoch = found.head.epoch
        messages = tuple(Message(record, as_of(found.blog, record), epoch, channel.markup) for record in found.records)
        return Page(epoch, messages, None if found.more else found.head.sequence)
