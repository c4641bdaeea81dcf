"""How a blog's channel comes to be, and to where a reader's cursor needs it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from weakref import WeakValueDictionary

from stoppress.errors import NotFound
from stoppress.hub.channel import Channel
from stoppress.model import Cursor, Record
from stoppress.store.base import BlogState, Log, Store

RECALLED = 200  # changes read back when a channel opens, for readers that were cut off by a restart

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)  # as fields.Id: what is none is not asked for

Check = Callable[[Sequence[str]], Awaitable[Mapping[str, Cursor | None]]]


class Opening:
    """Opens channels into `channels`, each once, however many ask at a time.

    `make` makes one that is empty, `follow` has the tail look at them anew, `check` compares them with the store.
    """

    def __init__(
        self,
        channels: dict[str, Channel],
        store: Store,
        log: Log,
        *,
        ring_events: int,
        make: Callable[[BlogState], Channel],
        follow: Callable[[], None],
        check: Check,
    ) -> None:
        self._channels = channels
        self._store = store
        self._log = log
        self._ring_events = ring_events
        self._make = make
        self._follow = follow
        self._check = check
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self, blog: str) -> Channel:
        """The blog's channel. Raises NotFound, Unavailable."""
        if channel := self._channels.get(blog):
            return channel
        async with self._locks.setdefault(blog, asyncio.Lock()):
            if channel := self._channels.get(blog):
                return channel
            state = await self._store.blog(blog) if _ID.fullmatch(blog) else None
            if state is None:
                raise NotFound(f"there is no blog {blog[:80]!r}")
            channel = self._make(state)
            channel.recall(await self._past(state))
            self._channels[blog] = channel
            self._follow()
            return channel

    async def _past(self, state: BlogState) -> Sequence[Record]:
        """The last records up to the blog's head, as far as the stream has them without a gap."""
        head = state.cursor.sequence
        after = max(0, head - min(RECALLED, self._ring_events))
        if not head:
            return ()
        records = (await self._log.read({state.blog.id: after}, wait=0)).get(state.blog.id, ())
        whole = bool(records) and records[-1].sequence - records[0].sequence + 1 == len(records)
        same = all(record.epoch in (None, state.cursor.epoch) for record in records)
        return records if whole and same and records[-1].sequence >= head else ()

    async def settle(self, blog: str, cursor: Cursor) -> Channel:
        """The channel, once it is where the store stands as far as the cursor needs it.

        The API answers an editor before the tail has read the change, and another process may be ahead of this one:
        a cursor that this channel does not know yet is not wrong for that. Raises NotFound, Unavailable.
        """
        heads = await self._check((blog,))
        channel, head = await self.open(blog), heads.get(blog)
        if head is not None and head.epoch == cursor.epoch and cursor.sequence <= head.sequence:
            moved = asyncio.Event()
            channel.wakes.add(moved)
            try:
                while channel.epoch == cursor.epoch and channel.head < cursor.sequence and not channel.gone:
                    moved.clear()
                    await moved.wait()
            finally:
                channel.wakes.discard(moved)
        if channel.gone:
            raise NotFound(f"there is no blog {blog[:80]!r}")
        return channel
