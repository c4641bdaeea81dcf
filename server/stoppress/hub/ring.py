"""The latest changes of one blog, kept for readers that come back.

The ring has two bounds, one in changes and one in bytes; the oldest changes are dropped first. A reader whose cursor is
before `start` catches up from the store instead. Sequence numbers ascend but may have gaps, because changes read from
the store to close a gap are compacted. That is sufficient: a gap only leaves out changes that a later one of the same
post replaced.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from stoppress.hub.encoded_message import Message


@dataclass(frozen=True, slots=True)
class CatchUpLimits:
    """The most that a reader of the html form catches up with; one that lacks more is told to load the page again.

    The limits are `changes`, compacted, and `size` bytes. `size` counts only beyond `page` changes, because a page has
    about that many posts: a reader that reloads it receives their bytes as well.
    """

    changes: int
    size: int
    page: int


class Ring:
    """Every change after `start`, or at least the last one of each post.

    It holds `size` bytes. `most_events` and `most_bytes` are its bounds.
    """

    __slots__ = ("_kept", "most_bytes", "most_events", "size", "start")

    def __init__(self, start: int, *, events: int, size: int) -> None:
        self.start = start
        self.most_events = events
        self.most_bytes = size
        self.size = 0
        self._kept: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def append(self, message: Message) -> None:
        """Add `message` as the newest, and drop the oldest until the ring is within its bounds."""
        self._kept.append(message)
        self.size += message.size
        while self._kept and (len(self._kept) > self.most_events or self.size > self.most_bytes):
            oldest = self._kept.popleft()
            self.size -= oldest.size
            self.start = oldest.sequence

    def since(self, sequence: int) -> list[Message] | None:
        """The changes after `sequence`, compacted to the last message of each post and of the blog, in ascending order.

        None if the ring does not reach back to `sequence`.
        """
        if sequence < self.start:
            return None
        lacking: list[Message] = []
        seen: set[str | None] = set()
        for message in reversed(self._kept):
            if message.sequence <= sequence:
                break
            if message.about not in seen:
                seen.add(message.about)
                lacking.append(message)
        lacking.reverse()
        return lacking

    def reload_before(self, head: int, limits: CatchUpLimits) -> int:
        """The sequence number before which a reader at the end of `limits` reloads instead of catching up to `head`.

        Changes that the ring has are counted compacted. Of older ones the ring knows only their number, so each counts.
        """
        size = 0
        seen: set[str | None] = set()
        for message in reversed(self._kept):
            if message.about in seen:
                continue
            seen.add(message.about)
            size += message.length
            if len(seen) > limits.changes or (size > limits.size and len(seen) > limits.page):
                return message.sequence
        return min(self.start, max(0, head - limits.changes))
