"""The tail: in order, without gaps, and back after any failure."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from hub.history import HistoryInMemory, a_blog
from hub.serving import hub_server, receive
from stoppress.errors import Unavailable

pytestmark = pytest.mark.anyio


async def test_a_gap_in_the_stream_is_healed_from_the_posts() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
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
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
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
    async with hub_server(history) as at, at.connect() as reader:
        await receive(reader)
        history.hold(True)
        history.publish("a", "b")
        await at.until(lambda: at.metric("stoppress_tail_lag_changes") == 2, "the lag is told")
        assert [(await receive(reader))["cursor"] for _ in range(2)] == ["e1.1", "e1.2"]
        assert at.metric("stoppress_tail_restarts_total") >= 1
        await at.until(lambda: at.metric("stoppress_tail_lag_changes") == 0, "there is none any more")


async def test_a_blog_that_is_followed_later_does_not_wait_for_the_read_under_way() -> None:
    history = HistoryInMemory(a_blog(), a_blog("harbour"))
    async with hub_server(history, verify=3600.0) as at, at.connect() as first, at.connect(blog="harbour") as second:
        await receive(first)
        await receive(second)
        history.publish("h", blog="harbour")
        assert (await receive(second))["cursor"] == "e2.1"
        history.publish("r")
        assert (await receive(first))["cursor"] == "e1.1"
        assert (at.hub.readers("regatta"), at.hub.readers("harbour"), at.hub.readers("nowhere")) == (1, 1, 0)


async def test_a_blog_begun_anew_that_outgrew_the_old_one_between_two_checks_is_noticed_by_its_records() -> None:
    history = HistoryInMemory()
    history.publish("a", "b")
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.begin(a_blog())
        head = history.publish("c", "d", "e")
        assert await receive(reader) == {"type": "reset", "cursor": str(head), "reason": "epoch"}
        assert (await receive_after(history, reader))["cursor"] == "e2.4"


async def test_a_stream_of_a_history_that_the_store_does_not_know_is_not_written_to_readers() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        right, history.epochs["regatta"] = history.epochs["regatta"], "stranger"
        history.publish("a")
        history.epochs["regatta"] = right
        await at.until(lambda: at.metric("stoppress_tail_restarts_total") >= 2, "it is read again, with pauses")
        assert at.metric("stoppress_deliveries_total", transport="socket") == 0


async def test_a_burst_is_joined_into_few_writes_and_what_comes_after_a_quiet_moment_is_not_held() -> None:
    history = HistoryInMemory(a_blog(), a_blog("harbour"))
    async with (
        hub_server(history, verify=3600.0, burst_window=0.1) as at,
        at.connect() as reader,
        at.connect(blog="harbour") as other,
    ):
        await receive(reader)
        await receive(other)
        for number in range(50):
            history.publish(f"p{number}")
            await asyncio.sleep(0)
        history.publish("h", blog="harbour")
        assert (await receive(other))["cursor"] == "e2.1"
        assert [(await receive(reader))["cursor"] for _ in range(50)] == [f"e1.{n}" for n in range(1, 51)]
        fanouts = at.metric("stoppress_fanout_seconds_count")
        assert fanouts < 20, "fifty changes went out in far fewer writes"
        assert at.metric("stoppress_publish_to_last_write_seconds_count") == fanouts
        assert at.metric("stoppress_publish_to_last_write_seconds_sum") >= at.metric("stoppress_fanout_seconds_sum")
        history.publish("later")
        assert (await receive(reader))["cursor"] == "e1.51"


async def receive_after(history: HistoryInMemory, reader: ClientConnection) -> dict[str, Any]:
    """What comes after one more post."""
    history.publish("f")
    return await receive(reader)


async def test_an_event_of_a_newer_version_is_passed_over_and_readers_move_past_it() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as app:
        page = await at.connect(form="stoppress.v1.html")
        await receive(app)
        await receive(page)
        history.publish("a")
        history.baffle()
        history.publish("b")
        for reader in (app, page):
            told = [await receive(reader) for _ in range(3)]
            assert [(message["type"], message["cursor"]) for message in told] == [
                ("post", "e1.1"),
                ("blog", "e1.2"),  # the blog as it stands: known to every client, and true
                ("post", "e1.3"),
            ]
            assert (told[1]["blog"]["title"], told[1]["blog"]["posts"]) == ("Lake regatta", 1)
        assert at.metric("stoppress_tail_restarts_total") == 0
        async with at.connect("e1.1") as back:
            assert [(await receive(back))["cursor"] for _ in range(3)] == ["e1.1", "e1.2", "e1.3"]
        await page.close()
