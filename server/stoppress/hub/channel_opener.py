"""Opens a blog's channel, and brings it to the position that a reader's cursor needs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from stoppress.errors import NotFound, Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Source
from stoppress.hub.follow.verify_with_store import Verifier
from stoppress.model import Cursor, Record
from stoppress.resume import Continue, History, Reset, resume
from stoppress.settings import Settings
from stoppress.store.base import BlogState

CHANGES_LOADED = 200  # changes loaded when a channel opens, for readers that a restart disconnected
_RETRY_AFTER = 2  # seconds, when the store can't be reached

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)  # as fields.Id; the store is not asked for anything else


class ChannelOpener:
    """Opens channels, each of them once, however many readers ask at the same time.

    `make` returns a channel at the given state, with an empty ring.
    """

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
        self._changes_loaded = min(CHANGES_LOADED, settings.ring_events)
        self._timeout = settings.handshake_timeout
        self._make = make
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self, blog: str, cursor: Cursor | None, *, private: bool = False) -> Channel:
        """The blog's channel, opened if necessary. If it can't resume from `cursor`, neither can the store.

        `private` is whether a private blog may be opened. Otherwise the store is asked about it as about a missing
        blog, though its channel may be open: no answer, no delay and no metric tells the two apart.

        Raises:
            NotFound: there is no such blog, or it is private and may not be opened.
            Unavailable: the store did not answer in time.
        """
        try:
            async with asyncio.timeout(self._timeout):
                channel = await self._open_once(blog, private)
                if cursor is not None and isinstance(channel.resume(cursor), Reset):
                    channel = await self._settle(blog, cursor, private)
        except TimeoutError as error:
            raise Unavailable("the store did not answer in time; try again", _RETRY_AFTER) from error
        return channel

    def _opened(self, blog: str, private: bool) -> Channel | None:
        channel = self._channels.get(blog)
        return channel if channel is not None and (private or not channel.private) else None

    async def _open_once(self, blog: str, private: bool) -> Channel:
        if channel := self._opened(blog, private):
            return channel
        async with self._locks.setdefault(blog, asyncio.Lock()):
            if channel := self._opened(blog, private):
                return channel
            state = await self._source.store.blog(blog) if _ID.fullmatch(blog) else None
            # A channel that is still private, of a blog that the store calls public, is closed within a moment.
            if state is None or (not private and (state.blog.private or self._channels.get(blog))):
                raise NotFound(f"there is no blog {blog[:80]!r}")
            channel = self._make(state)
            channel.load_history(await self._last_records(state))
            self._channels.add(channel)
            return channel

    async def _last_records(self, state: BlogState) -> Sequence[Record]:
        """The last records up to the blog's head. Empty if the stream has a gap there."""
        head = state.cursor.sequence
        after = max(0, head - self._changes_loaded)
        if not head:
            return ()
        records = (await self._source.log.read({state.blog.id: after}, wait=0)).get(state.blog.id, ())
        whole = bool(records) and records[-1].sequence - records[0].sequence + 1 == len(records)
        same = all(record.epoch in (None, state.cursor.epoch) for record in records)
        return records if whole and same and records[-1].sequence >= head else ()

    async def _settle(self, blog: str, cursor: Cursor, private: bool) -> Channel:
        """The channel, once it has reached the store's position or at least `cursor`.

        The API answers an editor before the tail has read the change, and another process may be ahead of this one. So
        a cursor that this channel does not know yet is not necessarily wrong.
        """
        heads = await self._verifier.check((blog,))
        channel, head = await self._open_once(blog, private), heads.get(blog)
        if head is not None and isinstance(resume(cursor, History(head)), Continue):
            await _moved_to(channel, cursor)
        if channel.deleted:
            raise NotFound(f"there is no blog {blog[:80]!r}")
        return channel


async def _moved_to(channel: Channel, cursor: Cursor) -> None:
    """Return when the channel has reached `cursor`, has another epoch, or its blog is deleted."""
    moved = asyncio.Event()
    channel.wakes.add(moved)
    try:
        while channel.epoch == cursor.epoch and channel.head < cursor.sequence and not channel.deleted:
            moved.clear()
            await moved.wait()
    finally:
        channel.wakes.discard(moved)
