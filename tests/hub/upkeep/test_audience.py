"""The readers of all processes together: each says how many are here, and hears of the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest

from stoppress.cancellation import end
from stoppress.errors import Unavailable
from stoppress.hub.upkeep.audience import AudienceCounter
from stoppress.settings import Settings
from stoppress.store.audience import RedisAudience
from waiting import eventually

pytestmark = pytest.mark.anyio


@dataclass
class Readers:
    """All that a census sees of a channel."""

    readers: int
    elsewhere: int = 0


def census(audience: Any, channels: dict[str, Readers], every: float = 2.0) -> AudienceCounter:
    return AudienceCounter(audience, cast(Any, channels), every)


async def test_two_processes_sum_up_and_one_that_is_silent_is_forgotten(valkey_url: str) -> None:
    one, two = RedisAudience(valkey_url, Settings(), "one"), RedisAudience(valkey_url, Settings(), "two")
    blog = "census-night"
    here, there = {blog: Readers(3)}, {blog: Readers(4)}
    alive, dying = census(one, here), census(two, there, every=0.05)
    await alive.round()
    await dying.round()
    assert there[blog].elsewhere == 3
    assert await alive.total(blog) == 7

    async def forgotten() -> bool:
        await alive.round()
        return here[blog].elsewhere == 0

    await eventually(forgotten, "a process that says nothing for three rounds is forgotten")
    assert await alive.total(blog) == 3
    await one.close()
    await two.close()


async def test_a_blog_whose_last_reader_went_is_said_to_have_none(valkey_url: str) -> None:
    one, two = RedisAudience(valkey_url, Settings(), "three"), RedisAudience(valkey_url, Settings(), "four")
    here = {"census-day": Readers(2)}
    leaving, other = census(one, here), census(two, {})
    await leaving.round()
    assert await other.total("census-day") == 2
    here.clear()
    await leaving.round()
    assert await other.total("census-day") == 0
    await one.close()
    await two.close()


class Away:
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
    away, channels = Away(), {"night": Readers(1)}
    running = asyncio.create_task(census(away, channels, every=0.001).run())

    async def asked() -> bool:
        return away.asked >= 3

    async def heard() -> bool:
        return channels["night"].elsewhere == 9

    await eventually(asked, "it asks again")
    away.back = True
    await eventually(heard, "it hears of the others")
    await end([running])
    assert [record.levelno for record in caplog.records if "counting all readers" in record.message] == [
        logging.WARNING
    ]
