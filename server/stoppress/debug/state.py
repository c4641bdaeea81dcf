"""The state of one process as plain values: its tail, its open channels, its page cache.

The state has ids, positions, sizes and counts. It has no content of a post, no draft, no token and no address of a
reader.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stoppress.errors import Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.hub import Hub
from stoppress.model import Cursor
from stoppress.web.cache.freshness import Read
from stoppress.web.cache.page_cache import FinishedPages


@dataclass(frozen=True, slots=True)
class RingState:
    """A channel's ring. A cursor from sequence number `start` up to `head` can resume from it.

    `events` and `bytes` are what it holds, `most_events` and `most_bytes` are its bounds.
    """

    start: int
    head: int
    events: int
    most_events: int
    bytes: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class ChannelState:
    """An open channel.

    `sockets` counts WebSocket readers by form, compression and state, such as `html, compressed: live`. `streams` is
    the number of event streams, and `elsewhere` the number of readers in other processes, as last reported. `lag` is
    how many changes the channel is behind the store. It is None if the store did not answer, if the store has no such
    blog, or if the store's epoch is another than the channel's. `restarts` counts the channel's resets, and
    `hellos` the cached `hello` messages.
    """

    blog: str
    status: str
    cursor: str
    epoch: str
    ring: RingState
    sockets: Mapping[str, int]
    streams: int
    elsewhere: int
    lag: int | None
    restarts: int
    hellos: int
    last_delivery: datetime | None


@dataclass(frozen=True, slots=True)
class PageCacheState:
    """The cache of finished pages and feeds: its number of pages, their bytes, and the most bytes that it keeps."""

    pages: int
    bytes: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process. `tail` is a TailState's value, and `failed_reads` counts the tail's failures since its last success.

    `store` is `answers`, or the error of the store. `channels` are those of public blogs, and `private_channels` is the
    number of the others.
    """

    process: int
    role: str
    tail: str
    failed_reads: int
    store: str
    channels: tuple[ChannelState, ...]
    private_channels: int
    page_cache: PageCacheState


async def process_state(hub: Hub, pages: FinishedPages, heads: Read, role: str) -> ProcessState:
    """The state of this process. `heads` reads the cursors of public blogs (RedisLog.public_heads)."""
    public = [channel for channel in hub.channels if not channel.private]
    store, found = "answers", dict[str, Cursor | None]()
    try:
        found |= await heads([channel.blog.id for channel in public])
    except Unavailable as error:
        store = error.detail
    return ProcessState(
        process=os.getpid(),
        role=role,
        tail=hub.tail.state.value,
        failed_reads=hub.tail.failures,
        store=store,
        channels=tuple(_channel_state(channel, found.get(channel.blog.id)) for channel in public),
        private_channels=len(hub.channels) - len(public),
        page_cache=PageCacheState(len(pages), pages.bytes, pages.most_bytes),
    )


def _channel_state(channel: Channel, head: Cursor | None) -> ChannelState:
    ring = channel.ring
    return ChannelState(
        blog=channel.blog.id,
        status=channel.blog.status,
        cursor=str(channel.cursor),
        epoch=channel.epoch,
        ring=RingState(ring.start, channel.head, len(ring), ring.most_events, ring.size, ring.most_bytes),
        sockets=Counter(
            f"{reader.frame_format.form}{', compressed' if reader.frame_format.deflated else ''}: {reader.state.value}"
            for reader in channel.everybody()
            if reader.frame_format.transport == "socket"
        ),
        streams=channel.event_streams,
        elsewhere=channel.elsewhere,
        lag=max(0, head.sequence - channel.head) if head and head.epoch == channel.epoch else None,
        restarts=channel.generation,
        hellos=channel.cached_hellos,
        last_delivery=channel.last_delivery,
    )
