"""Whether what is followed is still what is stored.

A stream does not tell that its blog was deleted, begun anew, or set back to an older backup. So every few seconds,
and when a reader comes with a cursor that the channel does not know, the heads are compared.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from stoppress.hub.channel import Channel
from stoppress.hub.follow.tail import Tail
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.store.base import Log, Store
from stoppress.wire import Close

_log = logging.getLogger("stoppress.hub")


class Verifier:
    """Compares `channels` with the store, and puts right what differs."""

    def __init__(
        self, log: Log, store: Store, channels: dict[str, Channel], tail: Tail, metrics: Metrics, every: float
    ) -> None:
        self._source = log
        self._store = store
        self._channels = channels
        self._tail = tail
        self._metrics = metrics
        self._every = every

    async def run(self) -> None:
        """Compare every so many seconds, until cancelled."""
        before: Mapping[str, Cursor | None] = {}
        failing = False
        while True:
            await asyncio.sleep(self._every)
            try:
                heads = await self.check(tuple(self._channels))
            except Exception as error:  # whatever it is: it must not end the watch
                if not failing:
                    _log.warning("comparing with the store failed, trying again: %s: %s", type(error).__name__, error)
                failing = True
                continue
            failing = False
            self._metrics.tail_lag.set(sum(self._lag(blog, head) for blog, head in heads.items()))
            self._hurry(before)
            before = heads

    async def check(self, blogs: Iterable[str]) -> Mapping[str, Cursor | None]:
        """Where the blogs stand; channels that are wrong about it are reset or forgotten.

        Raises:
            Unavailable: the store can't be asked.
        """
        # Heads only grow: one that is behind where the channel stood before the question was set back.
        stood = {blog: channel.cursor for blog in blogs if (channel := self._channels.get(blog))}
        heads = await self._source.heads(tuple(stood))
        for blog, cursor in stood.items():
            channel, head = self._channels.get(blog), heads.get(blog)
            if channel is None or channel.epoch != cursor.epoch:
                continue
            if head is None:
                await self._forget(blog, channel)
            elif head.epoch != cursor.epoch:
                await self._renew(blog, channel, "epoch")
            elif head.sequence < cursor.sequence:
                await self._renew(blog, channel, "ahead")
        return heads

    def _lag(self, blog: str, head: Cursor | None) -> int:
        channel = self._channels.get(blog)
        return max(0, head.sequence - channel.head) if channel and head and head.epoch == channel.epoch else 0

    def _hurry(self, before: Mapping[str, Cursor | None]) -> None:
        """Channels that are not even where the store stood a check ago: the read hangs, or the stream is broken."""
        for blog, head in before.items():
            channel = self._channels.get(blog)
            if channel and head and head.epoch == channel.epoch and channel.head < head.sequence:
                self._metrics.tail_restarts.inc()
                self._tail.heal(blog)

    async def _renew(self, blog: str, channel: Channel, reason: str) -> None:
        generation = channel.generation
        state = await self._store.blog(blog)
        if channel.generation != generation or self._channels.get(blog) is not channel:
            return
        if state is None:
            await self._forget(blog, channel)
            return
        _log.warning("%s begins anew at %s (%s); its readers load it afresh", blog, state.cursor, reason)
        channel.reset(state, reason)
        self._tail.follow()

    async def _forget(self, blog: str, channel: Channel) -> None:
        del self._channels[blog]
        channel.forget()
        for _ in channel.dismiss(Close.NO_SUCH_BLOG):
            await asyncio.sleep(0)
