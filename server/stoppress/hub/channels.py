"""The open channels of this process. This module alone decides which blogs are followed.

The tail, the check against the store, the heartbeats and the reader counts all use it. Call `on_change` to be notified
when a channel is added, restarts or falls behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stoppress.hub.channel import Channel
from stoppress.model import Cursor
from stoppress.store.base import BlogState
from stoppress.wire import Close, ResetReason


class Channels:
    """The open channels, by blog. Iteration uses a copy, so channels may be opened and closed meanwhile."""

    def __init__(self) -> None:
        self._open: dict[str, Channel] = {}
        self._behind: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._open.values()))

    def get(self, blog: str) -> Channel | None:
        """The blog's channel if it is open, else None."""
        return self._open.get(blog)

    def cursors(self) -> dict[str, Cursor]:
        """The position of each channel, by blog."""
        return {blog: channel.cursor for blog, channel in self._open.items()}

    def is_open(self, channel: Channel) -> bool:
        """Whether this very object is the open channel of its blog."""
        return self._open.get(channel.blog.id) is channel

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a channel is added, restarts or falls behind."""
        self._listeners.append(listener)

    def add(self, channel: Channel) -> None:
        """Follow this channel's blog from now on."""
        self._open[channel.blog.id] = channel
        self._changed()

    def renew(self, channel: Channel, state: BlogState, reason: ResetReason) -> None:
        """Restart the channel at `state`, and tell its readers to reload. `reason` is that of the `reset` message."""
        channel.reset(state, reason)
        self._changed()

    def close(self, channel: Channel) -> None:
        """Stop following the channel's blog, because nobody reads it in this process."""
        self._open.pop(channel.blog.id, None)

    def close_deleted(self, channel: Channel) -> Iterator[None]:
        """Close the channel of a deleted blog and disconnect its readers.

        Yields between slices, where other tasks may run.
        """
        self.close(channel)
        channel.mark_deleted()
        yield from channel.close_readers(Close.NO_SUCH_BLOG)

    def fell_behind(self, blog: str) -> None:
        """Note that the stream does not advance this blog's channel, so it has to be advanced from the store."""
        self._behind.add(blog)
        self._changed()

    def next_behind(self) -> Channel | None:
        """Remove and return one open channel that has fallen behind, or None if there is none left."""
        while self._behind:
            if channel := self._open.get(self._behind.pop()):
                return channel
        return None

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()
