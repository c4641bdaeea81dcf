"""Whether what is followed is still what is stored: what readers are told when it is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from hub.doubles import Following, LimitedTransport, RecordingHost
from hub.history import HistoryInMemory, a_blog
from hub.serving import closed, hub_server, receive
from stoppress.errors import Unavailable
from stoppress.hub.channel import SLICE
from stoppress.hub.encoded_message import frame_format
from stoppress.hub.reader import Reader
from stoppress.model import Blog, BlogChanged, Cursor, Record
from stoppress.store.base import BlogState
from stoppress.wire import Form

pytestmark = pytest.mark.anyio


async def test_a_blog_begun_anew_resets_its_readers_and_goes_on() -> None:
    history = HistoryInMemory()
    history.publish("a", "b")
    async with hub_server(history) as at, at.connect() as reader:
        await receive(reader)
        history.begin(a_blog(title="Lake regatta, second day"))
        assert await receive(reader) == {"type": "reset", "cursor": "e2.0", "reason": "epoch"}
        history.publish("c")
        assert (await receive(reader))["cursor"] == "e2.1"
        async with at.connect("e1.1") as late:
            assert (await receive(late))["blog"]["title"] == "Lake regatta, second day"
            assert (await receive(late))["reason"] == "epoch"


async def test_a_blog_deleted_and_made_again_is_right_at_once() -> None:
    history = HistoryInMemory()
    history.publish("a", "b")
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.delete()
        history.begin(a_blog(title="Lake regatta, second day"), announced=True)
        assert await receive(reader) == {"type": "reset", "cursor": "e2.0", "reason": "epoch"}
        async with at.connect() as late:
            hello = await receive(late)
            assert (hello["blog"]["title"], hello["cursor"]) == ("Lake regatta, second day", "e2.0")


async def test_new_blogs_are_waited_for_again_after_a_failure_that_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = 0

    class HistoryThatCounts(HistoryInMemory):
        async def begun(self, *, wait: float) -> Sequence[str]:
            nonlocal asked
            asked += 1
            return await super().begun(wait=wait)

    at = Following(HistoryThatCounts(), verify=0.001)
    channel = at.open()
    at.history.cut(Unavailable("the store is away"))
    async with at.running(at.verifier.watch_new_blogs()):
        await at.until(lambda: asked >= 3, "it tries again")
        at.history.begin(a_blog(), announced=True)
        at.history.cut(None)
        await at.until(lambda: channel.epoch == "e2", "the channel begins anew")
    assert [record.getMessage() for record in caplog.records if "waiting for new blogs" in record.getMessage()] == [
        "waiting for new blogs failed, trying again: Unavailable: the store is away"
    ]


async def test_a_history_set_back_resets_its_readers() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c")
    async with hub_server(history) as at, at.connect() as reader:
        await receive(reader)
        del history.records["regatta"][1:]
        assert await receive(reader) == {"type": "reset", "cursor": "e1.1", "reason": "ahead"}


async def test_a_deleted_blog_closes_with_4404_and_is_unknown_then() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at:
        async with at.connect() as reader:
            history.delete()
            assert await closed(reader) == 4404
        status, _, problem = await at.http("/v1/blogs/regatta/socket")
        assert (status, problem["detail"]) == (404, "there is no blog 'regatta'")


# By itself


class HistoryThatIsAsked(HistoryInMemory):
    """A store that tells where its blogs stand as often as it may."""

    def __init__(self, *blogs: Blog) -> None:
        super().__init__(*blogs)
        self.may_tell = asyncio.Semaphore(0)
        self.told = 0
        self.waiting = False

    def was_compared(self, times: int) -> bool:
        """Whether it has told so often, and is asked again."""
        return self.waiting and self.told == times

    async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        self.waiting = True
        await self.may_tell.acquire()
        self.waiting = False
        self.told += 1
        return await super().heads(blogs)


async def test_the_lag_is_what_all_channels_together_have_not_read_yet() -> None:
    at = Following(HistoryInMemory(a_blog(), a_blog("harbour"), a_blog("bay")), verify=0.001)
    at.history.publish("a", "b", "c")
    at.history.publish("h", blog="harbour")
    regatta, harbour = at.open(cursor=Cursor("e1", 1)), at.open("harbour", Cursor("e2", 0))
    at.open("bay")

    def lag() -> float:
        return at.counted("stoppress_tail_lag_changes")

    async with at.running(at.verifier.run()):
        await at.until(lambda: lag() == 3, "two of the one and one of the other")
        for _ in regatta.publish(at.history.records["regatta"]):
            pass
        await at.until(lambda: lag() == 1, "one of the other")
        at.history.delete("harbour")
        await at.until(lambda: lag() == 0, "what is no more does not lag")
        assert harbour.deleted


async def test_a_channel_ahead_of_what_was_asked_does_not_lag() -> None:
    history = HistoryThatIsAsked(a_blog(), a_blog("harbour"))
    at = Following(history, verify=0.001)
    at.history.publish("h", "i", blog="harbour")
    regatta = at.open()
    at.open("harbour", Cursor("e2", 0))
    async with at.running(at.verifier.run()):
        await at.until(lambda: history.waiting, "the store is asked")
        at.history.publish("a", "b", "c")
        for _ in regatta.publish(at.history.records["regatta"]):
            pass
        del at.history.records["regatta"][1:]  # as of the time at which the store was asked
        history.may_tell.release()
        await at.until(lambda: at.counted("stoppress_tail_lag_changes") == 2, "only the other one lags")
    assert (regatta.generation, regatta.head) == (0, 3)


async def test_a_channel_that_is_not_even_where_the_store_stood_a_check_ago_has_fallen_behind() -> None:
    history = HistoryThatIsAsked()
    at = Following(history, verify=0.001)
    channel = at.open()
    history.publish("a")

    def restarts() -> float:
        return at.counted("stoppress_tail_restarts_total")

    async with at.running(at.verifier.run()):
        history.may_tell.release()
        await at.until(lambda: at.counted("stoppress_tail_lag_changes") == 1, "the lag is told")
        assert (restarts(), at.channels.next_behind()) == (0, None), "it may be reading the change just now"
        history.may_tell.release()
        await at.until(lambda: restarts() == 1, "it is stuck")
        assert at.channels.next_behind() is channel
        for _ in channel.publish(history.records["regatta"]):
            pass
        history.publish("b")
        history.may_tell.release()
        await at.until(partial(history.was_compared, 3), "it was compared again")
        assert (restarts(), at.channels.next_behind()) == (1, None), "it has moved on since"


@pytest.mark.parametrize("deleted", [False, True], ids=["begun anew", "deleted and opened again"])
async def test_a_channel_of_a_new_history_is_not_stuck_for_where_the_old_one_stood(deleted: bool) -> None:
    history = HistoryThatIsAsked()
    history.publish("a", "b", "c")
    at = Following(history, verify=0.001)
    at.open()
    async with at.running(at.verifier.run()):
        if deleted:
            history.delete()
        history.may_tell.release()
        await at.until(partial(history.was_compared, 1), "it was compared")
        history.begin(a_blog())
        if deleted:
            at.open()
        for check in (2, 3):
            history.may_tell.release()
            await at.until(partial(history.was_compared, check), "it was compared again")
    channel = at.channels.get("regatta")
    assert channel is not None and channel.cursor == history.head()
    assert (at.counted("stoppress_tail_restarts_total"), at.counted("stoppress_tail_lag_changes")) == (0, 0)


async def test_a_check_tells_where_each_followed_blog_stands_and_leaves_channels_that_are_right() -> None:
    at = Following(HistoryInMemory(a_blog(), a_blog("harbour")))
    channel = at.open()
    at.history.publish("a")
    assert await at.verifier.check(("regatta", "harbour")) == {"regatta": Cursor("e1", 1)}
    assert (channel.generation, channel.cursor) == (0, Cursor("e1", 0))


async def test_a_blog_that_begins_anew_between_the_question_and_the_answer_is_reset_once() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    at.history.begin(a_blog())
    await asyncio.gather(at.verifier.check(("regatta",)), at.verifier.check(("regatta",)))
    assert (channel.generation, channel.cursor) == (1, Cursor("e2", 0))


async def test_a_blog_that_is_deleted_while_it_is_read_anew_is_forgotten() -> None:
    class Deleting(HistoryInMemory):
        async def blog(self, blog: str) -> BlogState | None:
            self.delete(blog)
            return await super().blog(blog)

    at = Following(Deleting())
    channel = at.open(cursor=Cursor("other", 3))
    await at.verifier.check(("regatta",))
    assert channel.deleted
    assert len(at.channels) == 0


async def test_what_happens_to_one_blog_keeps_no_other_from_being_put_right() -> None:
    class Closing(HistoryInMemory):
        """Another task closes a channel, and begins another anew, while the store is asked."""

        async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
            found = await super().heads(blogs)
            at.channels.close(closed_meanwhile)
            renewed_meanwhile.reset(BlogState(a_blog("bay"), Cursor("e9", 4)), "epoch")
            return found

    names = ("regatta", "bay", "harbour", "cove")
    at = Following(Closing(*(a_blog(name) for name in names)))
    closed_meanwhile, renewed_meanwhile, deleted, set_back = (at.open(name) for name in names)
    for _ in set_back.publish([Record(3, 0, None, BlogChanged(a_blog("cove")))]):
        pass
    for name in ("regatta", "bay", "harbour"):
        at.history.delete(name)
    await at.verifier.check(names)
    assert (closed_meanwhile.deleted, closed_meanwhile.generation) == (False, 0)
    assert (renewed_meanwhile.deleted, renewed_meanwhile.cursor) == (False, Cursor("e9", 4))
    assert deleted.deleted
    assert (set_back.deleted, set_back.cursor) == (False, Cursor("e4", 0))


async def test_comparisons_that_fail_are_told_of_once_for_each_outage(caplog: pytest.LogCaptureFixture) -> None:
    at = Following(HistoryInMemory(), verify=0.001)
    at.open()
    caplog.set_level(logging.INFO, "stoppress.hub")
    async with at.running(at.verifier.run()):
        for outage in (1, 2):
            at.history.cut(Unavailable("the store is away"))
            at.history.asked.clear()
            await at.until(lambda: at.history.asked.count("heads") >= 3, "it asks again")
            at.history.cut(None)
            at.history.asked.clear()
            await at.until(lambda: at.history.asked.count("heads") >= 3, "it goes on")
            told = [record for record in caplog.records if "the store is away" in record.getMessage()]
            assert len(told) == outage


async def test_others_run_while_the_readers_of_a_deleted_blog_are_dismissed() -> None:
    at = Following(HistoryInMemory())
    channel = at.open()
    crowd = [Reader(channel, frame_format(Form.JSON), LimitedTransport(), RecordingHost()) for _ in range(3 * SLICE)]
    for reader in crowd:
        reader.start(None)
    seen: set[int] = set()

    async def others() -> None:
        while True:
            seen.add(channel.readers)
            await asyncio.sleep(0)

    at.history.delete()
    async with at.running(others()):
        await at.verifier.check(("regatta",))
    assert seen >= {2 * SLICE, SLICE}
