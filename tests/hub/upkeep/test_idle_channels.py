"""A channel that nobody has read for a while is closed."""

from __future__ import annotations

import pytest

from hub.doubles import Following, RecordingStream
from hub.history import HistoryInMemory, a_blog
from hub.serving import hub_server, receive
from stoppress.hub.upkeep.idle_channels import IdleChannels
from stoppress.model import Blog


@pytest.mark.anyio
async def test_a_channel_closes_some_time_after_its_last_reader() -> None:
    async with hub_server(HistoryInMemory(), linger=0.05) as at:
        async with at.connect() as reader:
            await receive(reader)
            assert at.metric("stoppress_blogs_followed") == 1
        await at.until(lambda: at.metric("stoppress_blogs_followed") == 0, "the channel is closed")
        async with at.connect() as reader:
            assert (await receive(reader))["type"] == "hello"


class Idling(Following):
    """Idle channels with a clock that stands until it is turned."""

    def __init__(self, *blogs: Blog, linger: float = 60.0) -> None:
        super().__init__(HistoryInMemory(*blogs))
        self.seconds = 1_000.0
        self.idle = IdleChannels(self.channels, linger, lambda: self.seconds)

    def sweep(self, after: float = 0.0) -> int:
        """So many channels are open after a sweep, so much later."""
        self.seconds += after
        self.idle.sweep()
        return len(self.channels)


def test_a_channel_without_readers_is_closed_when_its_time_is_up() -> None:
    at = Idling()
    at.open()
    assert [at.sweep(), at.sweep(after=59.9), at.sweep(after=0.2)] == [1, 1, 0]


def test_a_channel_that_may_linger_for_no_time_is_closed_at_once() -> None:
    at = Idling(linger=0.0)
    at.open()
    assert at.sweep() == 0


def test_a_channel_that_is_read_or_waited_for_is_not_idle() -> None:
    at = Idling()
    channel = at.open()
    reader, waiting = RecordingStream(), RecordingStream()
    channel.streams.add(reader)
    assert [at.sweep(), at.sweep(after=100)] == [1, 1]
    channel.streams.discard(reader)
    channel.wakes.add(waiting)
    assert [at.sweep(), at.sweep(after=100)] == [1, 1]
    channel.wakes.discard(waiting)
    assert [at.sweep(), at.sweep(after=59), at.sweep(after=1)] == [1, 1, 0]


def test_the_time_begins_anew_when_somebody_read_it_in_between() -> None:
    at = Idling()
    channel, reader = at.open(), RecordingStream()
    at.sweep()
    channel.streams.add(reader)
    at.sweep(after=59)
    channel.streams.discard(reader)
    assert [at.sweep(after=1), at.sweep(after=59), at.sweep(after=1)] == [1, 1, 0]


def test_each_channel_has_a_time_of_its_own() -> None:
    at = Idling(a_blog(), a_blog("harbour"))
    at.open()
    at.sweep()
    at.seconds += 30
    harbour = at.open("harbour")
    at.sweep()
    assert at.sweep(after=30) == 1
    assert list(at.channels) == [harbour]
    assert at.sweep(after=30) == 0
