"""How a blog's channel comes to be, and to where a reader's cursor needs it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from stoppress.errors import NotFound, Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Source
from stoppress.hub.follow.verify import Verifier
from stoppress.model import Cursor, Record
from stoppress.resume import Continue, History, Reset, resume
from stoppress.settings import Settings
from stoppress.store.base import BlogState

RECALLED = 200  # changes read back when a channel opens, for readers that were cut off by a restart
_RETRY_AFTER = 2  # seconds, when the store can't be asked

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)  # as fields.Id: what is none is not asked for


class Opener:
    """Opens channels, each once, however many ask at a time. `make` makes one that is at `state` and has no past."""

    def __init__(
        self,
        channels: Channels,
        source: Source,
        verifier: Verifier,
        settings: Settings,
        make: Callable[[BlogState], Channel],
    ) -> None:
        self._channels = channels
        self._source = source
        self._verifier = verifier
        self._recalled = min(RECALLED, settings.ring_events)
        self._timeout = settings.handshake_timeout
        self._make = make
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reach(self, blog: str, cursor: Cursor | None) -> Channel:
        """The blog's channel, opened if need be. If it can't go on from the cursor, the store can't either.

        Raises:
            NotFound: there is no such blog.
            Unavailable: the store can't be asked in time.
        """
        try:
            async with asyncio.timeout(self._timeout):
                channel = await self._open(blog)
                if cursor is not None and isinstance(channel.resume(cursor), Reset):
                    channel = await self._settle(blog, cursor)
        except TimeoutError as error:
            raise Unavailable("the store did not answer in time", _RETRY_AFTER) from error
        return channel

    async def _open(self, blog: str) -> Channel:
        if channel := self._channels.get(blog):
            return channel
        async with self._locks.setdefault(blog, asyncio.Lock()):
            if channel := self._channels.get(blog):
                return channel
            state = await self._source.store.blog(blog) if _ID.fullmatch(blog) else None
            if state is None:
                raise NotFound(f"there is no blog {blog[:80]!r}")
            channel = self._make(state)
            channel.recall(await self._past(state))
            self._channels.add(channel)
            return channel

    async def _past(self, state: BlogState) -> Sequence[Record]:
        """The last records up to the blog's head, as far as the stream has them without a gap."""
        head = state.cursor.sequence
        after = max(0, head - self._recalled)
        if not head:
            return ()
        records = (await self._source.log.read({state.blog.id: after}, wait=0)).get(state.blog.id, ())
        whole = bool(records) and records[-1].sequence - records[0].sequence + 1 == len(records)
        same = all(record.epoch in (None, state.cursor.epoch) for record in records)
        return records if whole and same and records[-1].sequence >= head else ()

    async def _settle(self, blog: str, cursor: Cursor) -> Channel:
        """The channel, once it is where the store stands as far as the cursor needs it.

        The API answers an editor before the tail has read the change, and another process may be ahead of this one:
        a cursor that this channel does not know yet is not wrong for that.
        """
        heads = await self._verifier.check((blog,))
        channel, head = await self._open(blog), heads.get(blog)
        if head is not None and isinstance(resume(cursor, History(head)), Continue):
            await _moved_to(channel, cursor)
        if channel.gone:
            raise NotFound(f"there is no blog {blog[:80]!r}")
        return channel


async def _moved_to(channel: Channel, cursor: Cursor) -> None:
    """Return when the channel has reached `cursor`, or belongs to another history, or its blog is gone."""
    moved = asyncio.Event()
    channel.wakes.add(moved)
    try:
        while channel.epoch == cursor.epoch and channel.head < cursor.sequence and not channel.gone:
            moved.clear()
            await moved.wait()
    finally:
        channel.wakes.discard(moved)
