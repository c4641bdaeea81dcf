"""The tail: in order, without gaps, and back after any failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from hub.doubles import Following, LimitedTransport, RecordingHost, cursors, messages
from hub.history import HistoryInMemory, a_blog
from hub.serving import hub_server, receive
from stoppress.errors import Unavailable
from stoppress.hub.channel import SLICE
from stoppress.hub.encoded_message import frame_format
from stoppress.hub.reader import Reader
from stoppress.model import Cursor, Record
from stoppress.store.base import BlogState, Since
from stoppress.wire import Form

pytestmark = pytest.mark.anyio


async def receive_after(history: HistoryInMemory, reader: ClientConnection) -> dict[str, Any]:
    """What comes after one more post."""
    history.publish("f")
    return await receive(reader)


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


# By itself


async def test_each_fan_out_is_measured_from_the_commit_and_from_the_read_to_the_last_write() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    async with at.running(at.tail.run()):
        at.history.publish("a")
        await at.until(lambda: channel.head == 1, "it is published")
        at.history.publish("b", "c")
        await at.until(lambda: channel.head == 3, "they are published")
        await at.until(lambda: at.counted("stoppress_fanout_seconds_count") == 2, "the second one is measured")
    assert at.counted("stoppress_publish_to_last_write_seconds_count") == 2
    assert channel.last_delivery == at.now


async def test_the_way_from_the_commit_is_told_in_seconds_and_never_less_than_none() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    async with at.running(at.tail.run()):
        at.now = datetime.now(UTC) + timedelta(hours=1)
        at.history.publish("a")
        await at.until(lambda: channel.last_delivery == at.now, "it is written")
        assert 3_599 < at.counted("stoppress_publish_to_last_write_seconds_sum") < 3_700
        at.now = datetime.now(UTC) - timedelta(hours=1)  # this machine's clock is behind the store's
        at.history.publish("b")
        await at.until(lambda: channel.last_delivery == at.now, "it is written")
        assert 3_599 < at.counted("stoppress_publish_to_last_write_seconds_sum") < 3_700


async def test_others_run_and_hear_of_the_work_while_a_change_goes_out() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    for _ in range(2 * SLICE):
        Reader(channel, frame_format(Form.JSON), LimitedTransport(), RecordingHost()).start(None)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            if 0 < at.worked < 2:
                turns += 1
            await asyncio.sleep(0)

    async with at.running(others(), at.tail.run()):
        at.history.publish("a")
        await at.until(lambda: at.worked == 2, "both slices are written")
    assert turns


async def test_a_gap_of_many_pages_is_healed_to_the_head() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    at.history.publish(*(f"p{number}" for number in range(450)))
    at.history.trim(449)
    async with at.running(at.tail.run()):
        await at.until(lambda: channel.head == 450, "it is healed")
    assert at.history.asked.count("since") == 3
    assert at.counted("stoppress_changes_total") == 450
    assert at.counted("stoppress_tail_restarts_total") == 0


async def test_a_store_that_promises_more_and_gives_nothing_does_not_keep_the_tail_from_other_blogs() -> None:
    class Promising(HistoryInMemory):
        async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
            found = await super().since(blog, after, limit=limit)
            await asyncio.sleep(0)  # as any store would
            return found and Since(found.blog, found.head, (), more=True)

    at = Following(Promising(a_blog(), a_blog("harbour")))
    at.open()
    harbour = at.open("harbour")
    async with at.running(at.tail.run()):
        at.channels.fell_behind("regatta")
        at.history.publish("h", blog="harbour")
        await at.until(lambda: harbour.head == 1, "the other blog is followed")


@pytest.mark.parametrize("error", [TimeoutError("the store took too long"), Unavailable("the store is away")])
async def test_a_read_that_fails_in_the_store_is_counted_and_tried_again_after_a_pause(error: Exception) -> None:
    history = HistoryInMemory()
    at = Following(history)
    channel = at.open()
    history.cut(error)
    async with at.running(at.tail.run()):
        await at.until(lambda: len(at.pauses) >= 8, "it tried again and again")
        assert at.pauses[:8] == [0.05, 0.1, 0.2, 0.5, 1.0, 1.0, 1.0, 1.0]
        history.cut(None)
        history.publish("a")
        await at.until(lambda: channel.head == 1, "it goes on")
        assert at.counted("stoppress_tail_restarts_total") == len(at.pauses)
        at.pauses.clear()
        history.cut(error)
        await at.until(lambda: at.pauses, "it fails again")
        assert at.pauses[0] == 0.05, "pauses begin anew after a read that succeeded"


async def test_the_end_of_a_wait_for_changes_is_no_failure() -> None:
    class ShortReads(HistoryInMemory):
        reads = 0

        async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
            self.reads += 1
            return await super().read(after, wait=0.001)

    history = ShortReads()
    at = Following(history)
    channel = at.open()
    async with at.running(at.tail.run()):
        await at.until(lambda: history.reads >= 3, "it reads again and again")
        history.publish("a")
        await at.until(lambda: channel.head == 1, "it is published")
    assert at.counted("stoppress_tail_restarts_total") == 0


async def test_a_channel_that_is_added_or_falls_behind_breaks_off_the_read_under_way() -> None:
    at = Following(HistoryInMemory(a_blog(), a_blog("harbour")))
    regatta = at.open()
    async with at.running(at.tail.run()):
        await at.until(lambda: at.history.reading, "it reads")
        at.history.publish("h", blog="harbour")
        harbour = at.open("harbour", Cursor("e2", 0))
        await at.until(lambda: harbour.head == 1, "the new one is read")
        at.history.hold(True)
        at.history.publish("a")
        at.channels.fell_behind("regatta")
        await at.until(lambda: regatta.head == 1, "it is brought on by the store")
    assert at.counted("stoppress_tail_restarts_total") == 0


async def test_a_read_may_be_broken_off_again_while_it_ends() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    async with at.running(at.tail.run()):
        await at.until(lambda: at.history.reading, "it reads")
        for _ in range(20):  # at each step of the loop in which the read ends and the next one begins
            at.channels.fell_behind("regatta")
            at.channels.fell_behind("regatta")
            await asyncio.sleep(0)
        at.history.publish("a")
        await at.until(lambda: channel.head == 1, "it goes on")
    assert at.counted("stoppress_tail_restarts_total") == 0


@pytest.mark.parametrize("named", [True, False], ids=["records name their epoch", "records name none"])
async def test_what_was_read_for_a_channel_that_began_anew_meanwhile_is_not_published(named: bool) -> None:
    class LateReads(HistoryInMemory):
        """The blog begins anew while the answer of the store is on its way."""

        async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
            found = await super().read(after, wait=wait)
            if not channel.generation:
                self.begin(a_blog())
                at.channels.renew(channel, BlogState(a_blog(), self.head()), "epoch")
            epochs = {"e1": "e1" if named else None}
            return {
                blog: [replace(record, epoch=epochs.get(record.epoch or "", record.epoch)) for record in records]
                for blog, records in found.items()
            }

    at = Following(LateReads())
    channel = at.open()
    transport = LimitedTransport()
    Reader(channel, frame_format(Form.JSON), transport, RecordingHost()).start(None)
    async with at.running(at.tail.run()):
        at.history.publish("of-the-old-one")
        await at.until(lambda: channel.generation, "it began anew")
        at.history.publish("of-the-new-one")
        await at.until(lambda: channel.head == 1, "it follows the new one")
    assert [message["type"] for message in messages(transport)] == ["hello", "reset", "post"]
    assert b"of-the-old-one" not in transport.sent
    assert at.counted("stoppress_tail_restarts_total") == 0


async def test_what_was_read_for_a_channel_that_moved_on_meanwhile_is_not_published_again() -> None:
    class LateReads(HistoryInMemory):
        """Another task brings the channel on while the answer of the store is on its way."""

        async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
            found = await super().read(after, wait=wait)
            for _ in channel.publish(self.records["regatta"]):
                pass
            return found

    at = Following(LateReads())
    channel = at.open()
    async with at.running(at.tail.run()):
        at.history.publish("a")
        await at.until(lambda: channel.head == 1, "it moved on")
        at.history.publish("b")
        await at.until(lambda: channel.head == 2, "it moved on again")
        await at.until(lambda: at.history.reading, "it reads")
    assert at.counted("stoppress_fanout_seconds_count") == 0, "the tail had nothing to publish"
    assert "since" not in at.history.asked, "there was no gap"


async def test_a_blog_without_news_in_an_answer_of_the_store_is_left_alone() -> None:
    class Verbose(HistoryInMemory):
        async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
            found = await super().read(after, wait=wait)
            return {blog: found.get(blog, ()) for blog in after}

    at = Following(Verbose(a_blog(), a_blog("harbour")))
    regatta, harbour = at.open(), at.open("harbour")
    async with at.running(at.tail.run()):
        at.history.publish("h", blog="harbour")
        await at.until(lambda: harbour.head == 1, "it is published")
    assert (regatta.head, at.counted("stoppress_tail_restarts_total")) == (0, 0)


async def test_a_channel_that_was_closed_meanwhile_is_not_published() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    async with at.running(at.tail.run()):
        await at.until(lambda: at.history.reading, "it reads")
        at.history.publish("a")
        at.channels.close(channel)
        other = at.open()
        at.history.publish("b")
        await at.until(lambda: other.head == 2, "the new channel is followed")
    assert channel.head == 0


@pytest.mark.parametrize("noticed_by", ["a gap in the stream", "a check"])
async def test_a_blog_that_is_deleted_while_its_channel_is_healed_is_forgotten(noticed_by: str) -> None:
    class Deleting(HistoryInMemory):
        async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
            self.delete(blog)
            return await super().since(blog, after, limit=limit)

    at = Following(Deleting())
    channel = at.open()
    at.history.publish("a", "b", "c")
    at.history.trim(2)
    async with at.running(at.tail.run()):
        if noticed_by == "a check":
            at.channels.fell_behind("regatta")
            await at.until(lambda: "since" in at.history.asked, "it was healed")
            await at.verifier.check(("regatta",))
        await at.until(lambda: channel.deleted, "it is forgotten")
    assert channel.head == 0
    assert at.counted("stoppress_tail_restarts_total") == 0


async def test_a_blog_that_begins_anew_while_its_channel_is_healed_is_reset_and_gets_nothing_of_the_old_one() -> None:
    class BeginningAnew(HistoryInMemory):
        async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
            if self.epochs[blog] == "e1":
                self.begin(a_blog(blog))
            return await super().since(blog, after, limit=limit)

    at = Following(BeginningAnew())
    channel = at.open()
    transport = LimitedTransport()
    Reader(channel, frame_format(Form.JSON), transport, RecordingHost()).start(None)
    at.history.publish("a", "b", "c")
    at.history.trim(2)
    async with at.running(at.tail.run()):
        await at.until(lambda: channel.epoch == "e2", "it is reset")
        at.history.publish("z")
        await at.until(lambda: channel.head == 1, "it follows the new one")
    assert cursors(transport) == ["e1.0", "e2.0", "e2.1"]
    assert at.counted("stoppress_tail_restarts_total") == 0


async def test_of_several_blogs_in_a_burst_the_first_is_read_again_first() -> None:
    class TimedReads(HistoryInMemory):
        """Notes until when each read may wait, by the loop's clock."""

        ends: list[float] = []

        async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
            self.ends.append(asyncio.get_running_loop().time() + wait)
            return await super().read(after, wait=wait)

    history = TimedReads(a_blog(), a_blog("harbour"), a_blog("quiet"))
    at = Following(history, burst_window=30.0)
    first, second = at.open(), at.open("harbour")
    at.open("quiet")
    loop = asyncio.get_running_loop()
    async with at.running(at.tail.run()):
        at.history.publish("a")
        await at.until(lambda: first.head == 1 and at.history.reading, "the first is published")
        began, due = loop.time(), history.ends[-1]
        await at.until(lambda: loop.time() > began + 0.2, "a moment has passed")
        at.history.publish("h", blog="harbour")
        await at.until(lambda: second.head == 1 and at.history.reading, "the second is published")
    assert abs(history.ends[-1] - due) < 0.1
    assert began < due <= began + 30


async def test_a_channel_that_is_closed_while_its_stream_is_in_doubt_is_no_failure() -> None:
    class Closing(HistoryInMemory):
        """The last reader goes, and the channel with it, while the store is asked."""

        async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
            at.channels.close(channel)
            return await super().heads(blogs)

    at = Following(Closing())
    channel = at.open()
    async with at.running(at.tail.run()):
        right, at.history.epochs["regatta"] = at.history.epochs["regatta"], "stranger"
        at.history.publish("a")
        at.history.epochs["regatta"] = right
        await at.until(lambda: "heads" in at.history.asked, "the store is asked")
        again = at.open(cursor=Cursor("e1", 1))
        at.history.publish("b")
        await at.until(lambda: again.head == 2, "the channel that was opened next is followed")
    assert (channel.head, at.counted("stoppress_tail_restarts_total")) == (0, 0)


async def test_nothing_reaches_readers_of_a_blog_that_becomes_private_while_its_channel_is_healed() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    transport = LimitedTransport()
    Reader(channel, frame_format(Form.JSON), transport, RecordingHost()).start(None)
    at.history.change(visibility="private")
    at.history.publish(*(f"p{i}" for i in range(250)))  # more than one page from the store
    at.history.change(title="Now the record of the switch is the last one")
    at.history.trim(252)
    at.channels.fell_behind("regatta")
    async with at.running(at.tail.run()):
        await at.until(lambda: channel.deleted, "its readers are disconnected")
    assert channel.head == 0
    assert cursors(transport) == ["e1.0"]
