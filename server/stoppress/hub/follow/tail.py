"""Follows the histories of the blogs that are read here, and has each channel publish what comes.

One task, one blocking read for all blogs. A newly followed blog breaks the read off, which then begins anew with it:
reading a stream changes nothing, so nothing is lost. A read that fails is taken up again from where the channels
stand, after a short pause that grows to a cap.

A blog whose changes come faster than one in `burst_window` is read again only when that has passed since its last
fan-out began: by then several changes are there, and each reader gets them in one write. A change after a quiet moment
goes out at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from stoppress.errors import Unavailable
from stoppress.hub.channel import Channel
from stoppress.metrics import Metrics
from stoppress.model import Record
from stoppress.store.base import Log, Store

_WAIT = 20.0  # seconds one read may block
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds before a failed read is tried again
_PAGE = 200  # records asked of the store at a time, where the stream has a gap

Clock = Callable[[], datetime]
Verify = Callable[[str], Awaitable[object]]

_log = logging.getLogger("stoppress.hub")


class Tail:
    """Follows `channels`, which others add to and take from.

    `verify` compares a blog's channel with the store, and resets or forgets a channel that is wrong about it; `stir` is
    called while changes go out.
    """

    def __init__(
        self,
        log: Log,
        store: Store,
        channels: Mapping[str, Channel],
        metrics: Metrics,
        clock: Clock,
        *,
        verify: Verify,
        burst_window: float,
        note_work: Callable[[], object],
    ) -> None:
        self._source = log
        self._store = store
        self._channels = channels
        self._metrics = metrics
        self._clock = clock
        self._verify = verify
        self._burst_window = burst_window
        self._note_work = note_work
        self._due: dict[str, float] = {}  # by the loop's clock, for blogs whose last fan-out is only just past
        self._changed = asyncio.Event()
        self._behind: set[str] = set()
        self._reading: asyncio.Timeout | None = None

    def follow(self) -> None:
        """Look at the channels anew: one was added, or stands elsewhere."""
        self._changed.set()
        if self._reading is not None:
            self._reading.reschedule(0)
            self._reading = None

    def heal(self, blog: str) -> None:
        """Bring the channel of `blog` on by the store: the stream does not."""
        self._behind.add(blog)
        self.follow()

    async def run(self) -> None:
        """Follow, until cancelled."""
        failures = 0
        while True:
            try:
                await self._once()
            except Exception as error:  # whatever it is: a tail that is dead leaves every reader in the dark
                if not failures:
                    _log.warning("following the blogs failed, trying again: %s: %s", type(error).__name__, error)
                self._metrics.tail_restarts.inc()
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
            else:
                if failures:
                    _log.info("following the blogs again, after %d attempts", failures)
                failures = 0

    async def _once(self) -> None:
        self._changed.clear()
        while self._behind:
            blog = self._behind.pop()
            if channel := self._channels.get(blog):
                await self._heal(blog, channel)
        now = asyncio.get_running_loop().time()
        self._due = {blog: due for blog, due in self._due.items() if due > now}
        wait = min(self._due.values()) - now if self._due else _WAIT
        stood = {
            blog: (channel.generation, channel.head)
            for blog, channel in self._channels.items()
            if blog not in self._due
        }
        if not stood:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait if self._due else None):
                    await self._changed.wait()
            return
        for blog, records in (await self._read({blog: head for blog, (_, head) in stood.items()}, wait)).items():
            channel = self._channels.get(blog)
            # A channel that is not where the read began was reset: what was read may be of another history.
            if channel is None or not records or (channel.generation, channel.head) != stood[blog]:
                continue
            if any(record.epoch not in (None, channel.epoch) for record in records):
                await self._renew(blog, channel)
            elif records[0].sequence == channel.head + 1:
                await self._publish(channel, records)
            elif await self._heal(blog, channel):
                await self._publish(channel, records)
            else:
                await self._renew(blog, channel)

    async def _read(self, after: Mapping[str, int], wait: float) -> Mapping[str, Sequence[Record]]:
        """What is behind `after`, once there is something; nothing after `wait`, or when `follow` broke the read
        off."""
        reading = asyncio.timeout(None)
        try:
            async with reading:
                self._reading = reading
                try:
                    return await self._source.read(after, wait=wait)
                finally:
                    self._reading = None
        except TimeoutError:
            if not reading.expired():
                raise
            return {}

    async def _publish(self, channel: Channel, records: Sequence[Record]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._due[channel.blog.id] = began + self._burst_window
        for _ in channel.publish(records):
            self._note_work()
            await asyncio.sleep(0)
        self._metrics.fanout.observe(loop.time() - began)
        channel.last_delivery = now = self._clock()
        committed = records[0].committed if records else None
        if committed is not None:
            self._metrics.arrival.observe(max(0.0, (now - committed).total_seconds()))

    async def _heal(self, blog: str, channel: Channel) -> bool:
        """Records are missing, trimmed off the stream before they were read: the posts themselves tell what changed.

        False when the blog is no longer the one that is followed.
        """
        more = True
        while more:
            generation, head = channel.generation, channel.head
            found = await self._store.since(blog, head, limit=_PAGE)
            if found is None or found.head.epoch != channel.epoch or channel.generation != generation:
                return False
            await self._publish(channel, found.records)
            more = found.more and channel.head > head
        return True

    async def _renew(self, blog: str, channel: Channel) -> None:
        """The stream is of another history than the channel: have it begin anew.

        Raises Unavailable when it stays as it was, so that the stream is not read in a tight loop.
        """
        generation = channel.generation
        await self._verify(blog)
        if self._channels.get(blog) is channel and channel.generation == generation:
            raise Unavailable(f"the stream of {blog} is of another history than the blog itself")
