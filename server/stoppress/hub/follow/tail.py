"""Follows the histories of the blogs that are read here, and has each channel publish what comes.

One task, one blocking read for all blogs. A newly followed blog breaks the read off, which then begins anew with it:
reading a stream changes nothing, so nothing is lost. A read that fails is taken up again from where the channels
stand, after a short pause that grows to a cap.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from stoppress.errors import Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Clock, Source
from stoppress.hub.follow.burst_window import BurstWindow
from stoppress.hub.follow.verify import Verifier
from stoppress.metrics import Metrics
from stoppress.model import Record

_WAIT = 20.0  # seconds one read may block
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds before a failed read is tried again
_PAGE = 200  # records asked of the store at a time, where the stream has a gap

_log = logging.getLogger("stoppress.hub")


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst_window` is the least time between two fan-outs of one blog, in seconds; `now` is the time of day;
    `note_work` is called while changes go out, and `sleep` between two tries of a read that fails."""

    burst_window: float
    now: Clock
    note_work: Callable[[], object]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


class Tail:
    """Follows the channels. `verifier` puts right a channel that is wrong about its blog."""

    def __init__(self, channels: Channels, source: Source, verifier: Verifier, metrics: Metrics, pace: Pace) -> None:
        self._channels = channels
        self._source = source
        self._verifier = verifier
        self._metrics = metrics
        self._pace = pace
        self._bursts = BurstWindow(pace.burst_window)
        self._changed = asyncio.Event()
        self._reading: asyncio.Timeout | None = None
        channels.on_change(self._look_anew)

    def _look_anew(self) -> None:
        """A channel was added, stands elsewhere, or fell behind: break the read under way off."""
        self._changed.set()
        if self._reading is not None:
            self._reading.reschedule(0)
            self._reading = None

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
                await self._pace.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
            else:
                if failures:
                    _log.info("following the blogs again, after %d attempts", failures)
                failures = 0

    async def _once(self) -> None:
        self._changed.clear()
        while behind := self._channels.next_behind():
            await self._heal(behind)
        due = self._bursts.close_past(asyncio.get_running_loop().time())
        wait = _WAIT if due is None else due
        stood = {
            channel.blog.id: (channel.generation, channel.head)
            for channel in self._channels
            if channel.blog.id not in self._bursts
        }
        if not stood:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(due):
                    await self._changed.wait()
            return
        for blog, records in (await self._read({blog: head for blog, (_, head) in stood.items()}, wait)).items():
            channel = self._channels.get(blog)
            # A channel that is not where the read began was reset: what was read may be of another history.
            if channel is None or not records or (channel.generation, channel.head) != stood[blog]:
                continue
            if any(record.epoch not in (None, channel.epoch) for record in records):
                await self._renew(channel)
            elif records[0].sequence == channel.head + 1:
                await self._publish(channel, records)
            elif await self._heal(channel):
                await self._publish(channel, records)
            else:
                await self._renew(channel)

    async def _read(self, after: Mapping[str, int], wait: float) -> Mapping[str, Sequence[Record]]:
        """What is behind `after`, once there is something; nothing after `wait`, or when the read was broken
        off."""
        reading = asyncio.timeout(None)
        try:
            async with reading:
                self._reading = reading
                try:
                    return await self._source.log.read(after, wait=wait)
                finally:
                    self._reading = None
        except TimeoutError:
            if not reading.expired():
                raise
            return {}

    async def _publish(self, channel: Channel, records: Sequence[Record]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._bursts.open(channel.blog.id, began)
        for _ in channel.publish(records):
            self._pace.note_work()
            await asyncio.sleep(0)
        self._metrics.fanout.observe(loop.time() - began)
        channel.last_delivery = now = self._pace.now()
        committed = records[0].committed if records else None
        if committed is not None:
            self._metrics.arrival.observe(max(0.0, (now - committed).total_seconds()))

    async def _heal(self, channel: Channel) -> bool:
        """Records are missing, trimmed off the stream before they were read: the posts themselves tell what changed.

        False when the blog is no longer the one that is followed.
        """
        more = True
        while more:
            generation, head = channel.generation, channel.head
            found = await self._source.store.since(channel.blog.id, head, limit=_PAGE)
            if found is None or found.head.epoch != channel.epoch or channel.generation != generation:
                return False
            await self._publish(channel, found.records)
            more = found.more and channel.head > head
        return True

    async def _renew(self, channel: Channel) -> None:
        """The stream is of another history than the channel: have it begin anew.

        Raises Unavailable when it stays as it was, so that the stream is not read in a tight loop.
        """
        generation = channel.generation
        await self._verifier.check((channel.blog.id,))
        if self._channels.is_open(channel) and channel.generation == generation:
            raise Unavailable(f"the stream of {channel.blog.id} is of another history than the blog itself")
