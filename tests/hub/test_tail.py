"""The tail: in order, without gaps, and back after any failure."""

from __future__ import annotations

import logging

import pytest

from hub.history import HistoryInMemory, a_blog
from hub.serving import desk, receive
from stoppress.errors import Unavailable

pytestmark = pytest.mark.anyio


async def test_a_gap_in_the_stream_is_healed_from_the_posts() -> None:
    history = HistoryInMemory()
    async with desk(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.hold(True)
        history.publish("a", "b", "a")
        history.trim(3)
        history.publish("c")
        history.hold(False)
        assert [(await receive(reader))["cursor"] for _ in range(3)] == ["e1.2", "e1.3", "e1.4"]
        history.publish("d")
        assert (await receive(reader))["cursor"] == "e1.5"
        async with at.connect("e1.1") as back:
            assert [(await receive(back))["cursor"] for _ in range(5)] == ["e1.1", "e1.2", "e1.3", "e1.4", "e1.5"]


@pytest.mark.parametrize("error", [Unavailable("the store is away"), RuntimeError("a surprise")])
async def test_a_tail_that_fails_is_taken_up_again_and_told_of_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    history = HistoryInMemory()
    caplog.set_level(logging.INFO, "stoppress.hub")
    async with desk(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.cut(error)
        await at.until(lambda: at.metric("stoppress_tail_restarts_total") >= 2, "the tail tried twice")
        history.publish("a", "b")
        history.cut(None)
        assert [(await receive(reader))["cursor"] for _ in range(2)] == ["e1.1", "e1.2"]
    told = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1
    assert str(error) in told[0].getMessage()
    assert all(record.exc_info is None for record in caplog.records)


async def test_a_read_that_hangs_is_noticed_and_gone_around() -> None:
    history = HistoryInMemory()
    async with desk(history) as at, at.connect() as reader:
        await receive(reader)
        history.hold(True)
        history.publish("a")
        assert (await receive(reader))["cursor"] == "e1.1"
        assert at.metric("stoppress_tail_restarts_total") >= 1


async def test_a_blog_that_is_followed_later_does_not_wait_for_the_read_under_way() -> None:
    history = HistoryInMemory(a_blog(), a_blog("harbour"))
    async with desk(history, verify=3600.0) as at, at.connect() as first, at.connect(blog="harbour") as second:
        await receive(first)
        await receive(second)
        history.publish("h", blog="harbour")
        assert (await receive(second))["cursor"] == "e2.1"
        history.publish("r")
        assert (await receive(first))["cursor"] == "e1.1"
        assert (at.hub.readers("regatta"), at.hub.readers("harbour"), at.hub.readers("nowhere")) == (1, 1, 0)
