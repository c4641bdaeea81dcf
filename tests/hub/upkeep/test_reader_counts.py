"""The readers of all processes together: each says how many are here, and hears of the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import cast

import pytest

from hub.doubles import RecordingStream
from hub.history import PlainMarkup, a_blog
from stoppress.errors import Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channels import Channels
from stoppress.hub.upkeep.reader_counts import AudienceCounter
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.settings import Settings
from stoppress.store.base import BlogState
from stoppress.store.base_reader_counts import Audience
from stoppress.store.reader_counts import RedisAudience
from stoppress.task_cancellation import end
from waiting import eventually

pytestmark = pytest.mark.anyio


def process(blog: str, readers: int) -> tuple[Channels, Channel]:
    """The channels of a process in which so many read this blog, and the blog's."""
    channels = Channels()
    state = BlogState(a_blog(blog), Cursor("e1", 0))
    channel = Channel(state, markup=PlainMarkup(), settings=Settings(), metrics=Metrics())
    channel.streams.update(RecordingStream() for _ in range(readers))
    channels.add(channel)
    return channels, channel


async def test_two_processes_sum_up_and_one_that_is_silent_is_forgotten(valkey_url: str) -> None:
    one, two = RedisAudience(valkey_url, Settings(), "one"), RedisAudience(valkey_url, Settings(), "two")
    blog = "census-night"
    (here, ours), (there, theirs) = process(blog, 3), process(blog, 4)
    alive, dying = AudienceCounter(one, here), AudienceCounter(two, there, every=0.05)
    await alive.round()
    await dying.round()
    assert theirs.elsewhere == 3
    assert await alive.total(blog) == 7

    async def forgotten() -> bool:
        await alive.round()
        return ours.elsewhere == 0

    await eventually(forgotten, "a process that says nothing for three rounds is forgotten")
    assert await alive.total(blog) == 3
    await one.close()
    await two.close()


async def test_a_blog_whose_last_reader_went_is_said_to_have_none(valkey_url: str) -> None:
    one, two = RedisAudience(valkey_url, Settings(), "three"), RedisAudience(valkey_url, Settings(), "four")
    here, channel = process("census-day", 2)
    leaving, other = AudienceCounter(one, here), AudienceCounter(two, Channels())
    await leaving.round()
    assert await other.total("census-day") == 2
    here.close(channel)
    await leaving.round()
    assert await other.total("census-day") == 0
    await one.close()
    await two.close()


class StoreAway:
    """A store that can't be asked, until it can."""

    def __init__(self) -> None:
        self.asked = 0
        self.back = False

    async def report(self, readers: Mapping[str, int], *, holds: float) -> Mapping[str, int]:
        self.asked += 1
        if not self.back:
            raise Unavailable("the store is away")
        return dict.fromkeys(readers, 9)


async def test_a_store_that_is_away_is_told_of_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    away, (channels, channel) = StoreAway(), process("night", 1)
    running = asyncio.create_task(AudienceCounter(cast(Audience, away), channels, every=0.001).run())

    async def asked() -> bool:
        return away.asked >= 3

    async def heard() -> bool:
        return channel.elsewhere == 9

    await eventually(asked, "it asks again")
    away.back = True
    await eventually(heard, "it hears of the others")
    await end([running])
    assert [record.levelno for record in caplog.records if "count the readers" in record.message] == [logging.WARNING]
