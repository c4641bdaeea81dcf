"""The sockets of one blog in this process: who, what each agreed on, and in which order they came.

The order matters for the cost of a fan-out. The kernel's and our own objects of connections that came one after the
other mostly lie beside each other in memory, so that writing in that order finds much of it in the processor's caches;
in the order of a hash table each write waits for memory, which made it some 15 % dearer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from stoppress.hub.encoded_message import FrameFormat
from stoppress.hub.subscriber import Subscriber

SLOTS = 31  # readers are dealt to so many slots; a heartbeat goes to one slot at a time
_TOGETHER = 64  # readers that come one after the other and share a slot


class Roster:
    """Readers by dialect. What is given out is a copy: they may come and go while it is gone through."""

    __slots__ = ("_beaten", "_by_format", "_came")

    def __init__(self) -> None:
        self._by_format: dict[FrameFormat, dict[Subscriber, int]] = {}  # each reader with its slot
        self._beaten = 0  # the slot that had its heartbeat last
        self._came = 0  # readers since then

    def __len__(self) -> int:
        return sum(map(len, self._by_format.values()))

    def add(self, reader: Subscriber) -> None:
        """The last to come. It was greeted just now, so it sits where the next heartbeat is furthest away; of many
        that come at once each few sit one slot nearer."""
        slot = (self._beaten - self._came // _TOGETHER) % SLOTS
        self._came += 1
        self._by_format.setdefault(reader.frame_format, {})[reader] = slot

    def discard(self, reader: Subscriber) -> None:
        """It went; not an error when it went before."""
        self._by_format.get(reader.frame_format, {}).pop(reader, None)

    def frame_formats(self) -> list[FrameFormat]:
        """Those that somebody speaks."""
        return [kind for kind, readers in self._by_format.items() if readers]

    def in_format(self, frame_format: FrameFormat) -> tuple[Subscriber, ...]:
        """Who speaks it, in the order they came."""
        return tuple(self._by_format.get(frame_format, ()))

    def everybody(self) -> tuple[Subscriber, ...]:
        """All of them."""
        return tuple(chain.from_iterable(self._by_format.values()))

    def sitting(self, slot: int) -> Iterator[Subscriber]:
        """Who was dealt to `slot`, for its heartbeat."""
        self._beaten, self._came = slot, 0
        for readers in self._by_format.values():
            yield from [reader for reader, theirs in readers.items() if theirs == slot]
