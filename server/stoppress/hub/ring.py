"""The last changes of one blog, kept for those who come back.

Two bounds, in changes and in bytes; the oldest go first. A reader whose cursor lies before `start` is brought up to
date by the store instead. The sequence numbers ascend but may jump: what was healed from the store is compacted.
That is as good, for a jump leaves out only what a later change of the same post replaced.
"""

from __future__ import annotations

from collections import deque

from stoppress.hub.encoded_message import Message


class Ring:
    """Every change behind `start`, the last one of each post at least."""

    __slots__ = ("_kept", "_most_bytes", "_most_events", "_size", "start")

    def __init__(self, start: int, *, events: int, size: int) -> None:
        self.start = start
        self._most_events = events
        self._most_bytes = size
        self._size = 0
        self._kept: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def append(self, message: Message) -> None:
        """Keep `message`, the newest, and let go of the oldest until the bounds hold."""
        self._kept.append(message)
        self._size += message.size
        while self._kept and (len(self._kept) > self._most_events or self._size > self._most_bytes):
            oldest = self._kept.popleft()
            self._size -= oldest.size
            self.start = oldest.sequence

    def since(self, sequence: int) -> list[Message] | None:
        """What changed after `sequence`: the last message about each post and about the blog, in ascending order.

        None when the ring does not reach back that far.
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
