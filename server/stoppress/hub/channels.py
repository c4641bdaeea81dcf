"""The open channels of this process: the one owner of which blogs are followed.

The tail, the check against the store, the heartbeats and the reader counts all go through it. Whoever has to look anew
when a channel is added, begins anew or falls behind registers by `on_change`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stoppress.hub.channel import Channel
from stoppress.model import Cursor
from stoppress.store.base import BlogState
from stoppress.wire import Close, ResetReason


class Channels:
    """Channels by blog. What is given out is a copy: channels may come and go while it is gone through."""

    def __init__(self) -> None:
        self._open: dict[str, Channel] = {}
        self._behind: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._open.values()))

    def get(self, blog: str) -> Channel | None:
        """The blog's channel, if it is open."""
        return self._open.get(blog)

    def cursors(self) -> dict[str, Cursor]:
        """Where each channel stands, by blog."""
        return {blog: channel.cursor for blog, channel in self._open.items()}

    def is_open(self, channel: Channel) -> bool:
        """Whether this very channel is still the one of its blog."""
        return self._open.get(channel.blog.id) is channel

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a channel was added, began anew, or is behind."""
        self._listeners.append(listener)

    def add(self, channel: Channel) -> None:
        """Follow this channel's blog from now on."""
        self._open[channel.blog.id] = channel
        self._changed()

    def renew(self, channel: Channel, state: BlogState, reason: ResetReason) -> None:
        """Begin the channel anew at `state`, and tell its readers to load afresh."""
        channel.reset(state, reason)
        self._changed()

    def close(self, channel: Channel) -> None:
        """Follow the blog no more: nobody reads it here."""
        self._open.pop(channel.blog.id, None)

    def forget(self, channel: Channel) -> Iterator[None]:
        """The blog is no more: dismiss its readers, slice by slice; yields where others may run."""
        self.close(channel)
        channel.forget()
        yield from channel.dismiss(Close.NO_SUCH_BLOG)

    def fell_behind(self, blog: str) -> None:
        """The stream does not bring this blog's channel on: it has to be brought on by the store."""
        self._behind.add(blog)
        self._changed()

    def next_behind(self) -> Channel | None:
        """One of the channels that fell behind and are still open, given out once; None when there is none left."""
        while self._behind:
            if channel := self._open.get(self._behind.pop()):
                return channel
        return None

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()
