"""The readers of one blog to which its channel writes, by frame format and in order of arrival.

The order affects the cost of a fan-out. Connections that arrive one after the other have most of their objects, the
kernel's and ours, next to each other in memory. Writing in that order finds much of it in the processor's caches. In
the order of a hash table each write waits for memory, which made a fan-out some 15 % more expensive.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from stoppress.hub.encoded_message import FrameFormat, Transport
from stoppress.hub.subscriber import Subscriber

SLOTS = 31  # readers are divided into slots; a heartbeat goes to one slot at a time
_TOGETHER = 64  # consecutive readers that share a slot


class Roster:
    """Readers by frame format. Methods return copies, so readers may come and go during an iteration."""

    __slots__ = ("_arrivals", "_by_format", "_last_slot")

    def __init__(self) -> None:
        self._by_format: dict[FrameFormat, dict[Subscriber, int]] = {}  # each reader with its slot
        self._last_slot = 0  # the slot that got the last heartbeat
        self._arrivals = 0  # readers added since then

    def __len__(self) -> int:
        return sum(map(len, self._by_format.values()))

    def count(self, transport: Transport) -> int:
        """The number of readers by WebSocket, or by event stream."""
        return sum(len(readers) for kind, readers in self._by_format.items() if kind.transport == transport)

    def add(self, reader: Subscriber) -> None:
        """Add the newest reader.

        It got its hello just now, so it joins the slot whose heartbeat is furthest away. Of many that arrive at once,
        each group of `_TOGETHER` joins the slot before that of the last group.
        """
        slot = (self._last_slot - self._arrivals // _TOGETHER) % SLOTS
        self._arrivals += 1
        self._by_format.setdefault(reader.frame_format, {})[reader] = slot

    def discard(self, reader: Subscriber) -> None:
        """Remove `reader`. Does nothing if it is not there."""
        self._by_format.get(reader.frame_format, {}).pop(reader, None)

    def frame_formats(self) -> list[FrameFormat]:
        """The frame formats that at least one reader uses."""
        return [kind for kind, readers in self._by_format.items() if readers]

    def in_format(self, frame_format: FrameFormat) -> tuple[Subscriber, ...]:
        """The readers with this frame format, in order of arrival."""
        return tuple(self._by_format.get(frame_format, ()))

    def everybody(self) -> tuple[Subscriber, ...]:
        """All readers."""
        return tuple(chain.from_iterable(self._by_format.values()))

    def in_slot(self, slot: int) -> Iterator[Subscriber]:
        """The readers in `slot`, which now get their heartbeat."""
        self._last_slot, self._arrivals = slot, 0
        for readers in self._by_format.values():
            yield from [reader for reader, theirs in readers.items() if theirs == slot]
