"""Compares the followed blogs with the store.

A stream does not show that its blog was deleted, created again, or restored from an older backup. So the Verifier
compares the heads every few seconds, whenever a reader connects with a cursor that the channel does not know, and when
a blog is created: a blog with the same id may have been followed and deleted just before.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping

from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Source
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.resume import History, Reset, resume
from stoppress.wire import ResetReason

_WAIT = 20.0  # seconds one wait for new blogs may take

_log = logging.getLogger("stoppress.hub")

Heads = Mapping[str, Cursor | None]


class Verifier:
    """Compares channels with the store, and corrects those that differ."""

    def __init__(self, channels: Channels, source: Source, metrics: Metrics, every: float) -> None:
        self._channels = channels
        self._source = source
        self._metrics = metrics
        self._every = every

    async def run(self) -> None:
        """Compare all channels every `every` seconds, until cancelled."""
        before: Heads = {}
        failing = False
        while True:
            await asyncio.sleep(self._every)
            try:
                heads = await self.check(tuple(self._channels.cursors()))
            except Exception as error:  # whatever it is: it must not end the comparing
                if not failing:
                    _log.warning("comparing with the store failed, trying again: %s: %s", type(error).__name__, error)
                failing = True
                self._metrics.tail_lag.set(math.nan)
                continue
            failing = False
            self._metrics.tail_lag.set(sum(self._lag(blog, head) for blog, head in heads.items()))
            self._report_stuck(before)
            before = heads

    async def watch_new_blogs(self) -> None:
        """Compare each blog as soon as it is made, until cancelled."""
        failing = False
        while True:
            try:
                await self.check(await self._source.log.begun(wait=_WAIT))
            except Exception as error:  # whatever it is: `run` finds the same, later
                if not failing:
                    _log.warning("waiting for new blogs failed, trying again: %s: %s", type(error).__name__, error)
                failing = True
                await asyncio.sleep(self._every)
            else:
                failing = False

    async def check(self, blogs: Iterable[str]) -> Heads:
        """The heads of `blogs` in the store. Channels that differ are restarted, or closed if their blog was deleted.

        Raises:
            Unavailable: the store can't be reached.
        """
        # Heads only grow: one that is behind where the channel stood before the question was set back.
        stood = {blog: channel.cursor for blog in blogs if (channel := self._channels.get(blog))}
        heads = await self._source.log.heads(tuple(stood))
        for blog, cursor in stood.items():
            channel, head = self._channels.get(blog), heads.get(blog)
            if channel is None or channel.epoch != cursor.epoch:
                continue
            if head is None:
                await self._forget(channel)
                continue
            match resume(cursor, History(head)):
                case Reset(reason=reason):
                    await self._renew(channel, reason)
        return heads

    def _lag(self, blog: str, head: Cursor | None) -> int:
        channel = self._channels.get(blog)
        return max(0, head.sequence - channel.head) if channel and head and head.epoch == channel.epoch else 0

    def _report_stuck(self, before: Heads) -> None:
        """Report channels that are behind the store's previous head: the read hangs, or the stream is broken."""
        for blog, head in before.items():
            if self._lag(blog, head):
                self._metrics.tail_restarts.inc()
                self._channels.fell_behind(blog)

    async def _renew(self, channel: Channel, reason: ResetReason) -> None:
        generation, blog = channel.generation, channel.blog.id
        state = await self._source.store.blog(blog)
        if channel.generation != generation or not self._channels.is_open(channel):
            return
        if state is None or (state.blog.private and not channel.private):
            await self._forget(channel)
            return
        _log.warning("%s begins anew at %s (%s); its readers load it afresh", blog, state.cursor, reason)
        self._channels.renew(channel, state, reason)

    async def _forget(self, channel: Channel) -> None:
        _log.info("%s is no longer in the store; its %d readers are told so", channel.blog.id, channel.readers)
        for _ in self._channels.close_deleted(channel):
            await asyncio.sleep(0)
