"""Follows the streams of the blogs read in this process, and has each channel publish its new changes.

One task of the tail makes one blocking read for all blogs. When the hub follows another blog, the tail interrupts the
read and starts it again with that blog included. Reading a stream changes nothing, so nothing is lost. A failed read is
retried from the channels' positions, after a pause that grows up to a maximum.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from stoppress.errors import Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Clock, Source
from stoppress.hub.follow.burst_window import BurstWindow
from stoppress.hub.follow.verify_with_store import Verifier
from stoppress.hub.visibility import turns_private
from stoppress.metrics import Metrics
from stoppress.model import Record

_WAIT = 20.0  # seconds one read may block
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)  # seconds to wait before retrying a failed read; the last repeats
_PAGE = 200  # records per query to the store, where the stream has a gap

_log = logging.getLogger("stoppress.hub")


class TailState(Enum):
    """The state of a tail, which follows the streams of blogs."""

    STOPPED = "stopped"
    READING = "waiting for changes"
    RETRYING = "pausing after a failed read"
    BUSY = "publishing, or there is no blog to follow"


@dataclass(frozen=True, slots=True)
class Pace:
    """The timing of a tail.

    `burst_window` is the minimum time between two fan-outs of one blog, in seconds. `now` is the time of day.
    `note_work` is called while changes are being written, and `sleep` before a failed read is retried.
    """

    burst_window: float
    now: Clock
    note_work: Callable[[], object]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


class Tail:
    """Follows the streams of all open channels. `verifier` corrects a channel that differs from the store.

    `failures` is the number of failed reads since the last successful one.
    """

    def __init__(self, channels: Channels, source: Source, verifier: Verifier, metrics: Metrics, pace: Pace) -> None:
        self._channels = channels
        self._source = source
        self._verifier = verifier
        self._metrics = metrics
        self._pace = pace
        self._bursts = BurstWindow(pace.burst_window)
        self._changed = asyncio.Event()
        self._reading: asyncio.Timeout | None = None
        self._running = False
        self.failures = 0
        channels.on_change(self._interrupt)

    def store_went_away(self) -> None:
        """The store has stopped answering: the current read may hang, and how far the tail is behind is unknown."""
        self._metrics.tail_restarts.inc()
        self._metrics.tail_lag.set(math.nan)
        self._interrupt()

    def read_again(self) -> None:
        """Interrupt the current read, because its connection may have died while the store was away."""
        self._interrupt()

    def _interrupt(self) -> None:
        """A channel was added, restarted or fell behind: interrupt the current read."""
        self._changed.set()
        if self._reading is not None:
            self._reading.reschedule(0)
            self._reading = None

    @property
    def state(self) -> TailState:
        """The current state of this tail."""
        if not self._running:
            return TailState.STOPPED
        if self._reading is not None:
            return TailState.READING
        return TailState.RETRYING if self.failures else TailState.BUSY

    async def run(self) -> None:
        """Follow the streams until cancelled."""
        self._running = True
        try:
            await self._follow()
        finally:
            self._running = False

    async def _follow(self) -> None:
        while True:
            try:
                await self._once()
            except Exception as error:  # of any kind: without a tail no reader receives changes
                if not self.failures:
                    _log.warning("Can't follow the blogs' streams; retrying: %s: %s", type(error).__name__, error)
                self._metrics.tail_restarts.inc()
                await self._pace.sleep(_PAUSES[min(self.failures, len(_PAUSES) - 1)])
                self.failures += 1
            else:
                if self.failures:
                    _log.info("Following the blogs' streams again, after %d failed reads", self.failures)
                self.failures = 0

    async def _once(self) -> None:
        self._changed.clear()
        while behind := self._channels.next_behind():
            await self._advance_from_store(behind)
        due = self._bursts.close_past(asyncio.get_running_loop().time())
        wait = _WAIT if due is None else due
        positions = {
            channel.blog.id: (channel.generation, channel.head)
            for channel in self._channels
            if channel.blog.id not in self._bursts
        }
        if not positions:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(due):
                    await self._changed.wait()
            return
        for blog, records in (await self._read({blog: head for blog, (_, head) in positions.items()}, wait)).items():
            channel = self._channels.get(blog)
            # A channel that moved during the read was reset: the records may be of another epoch.
            if channel is None or not records or (channel.generation, channel.head) != positions[blog]:
                continue
            if any(record.epoch not in (None, channel.epoch) for record in records):
                await self._renew(channel)
            elif records[0].sequence == channel.head + 1:
                await self._publish(channel, records)
            elif await self._advance_from_store(channel):
                if self._channels.is_open(channel):
                    await self._publish(channel, records)
            else:
                await self._renew(channel)

    async def _read(self, after: Mapping[str, int], wait: float) -> Mapping[str, Sequence[Record]]:
        """The records after these sequence numbers, as soon as there are any.

        Empty after `wait` seconds, or when interrupted.
        """
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
        if turns_private(channel.blog, records):
            await self._close(channel)
            return
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

    async def _close(self, channel: Channel) -> None:
        """Close the channel of a blog that has become private, and disconnect its readers."""
        for _ in self._channels.close_deleted(channel):
            await asyncio.sleep(0)

    async def _advance_from_store(self, channel: Channel) -> bool:
        """Advance the channel from the store. The stream was trimmed before all of its records were read.

        False if the blog was deleted or has another epoch than the channel. Closes the channel of a blog that has
        become private.
        """
        more = True
        while more:
            generation, head = channel.generation, channel.head
            found = await self._source.store.since(channel.blog.id, head, limit=_PAGE)
            if found is None or found.head.epoch != channel.epoch or channel.generation != generation:
                return False
            if found.blog.private and not channel.private:
                # The record of the switch comes last. What comes before it may have been written after it.
                await self._close(channel)
                return True
            await self._publish(channel, found.records)
            more = found.more and channel.head > head
        return True

    async def _renew(self, channel: Channel) -> None:
        """Have the verifier restart the channel, because its stream is of another epoch.

        Raises:
            Unavailable: the channel did not restart. The error keeps `run` from reading the stream in a tight loop.
        """
        generation = channel.generation
        await self._verifier.check((channel.blog.id,))
        if self._channels.is_open(channel) and channel.generation == generation:
            raise Unavailable(f"expected the epoch of the blog {channel.blog.id!r} in its stream, but got another")
