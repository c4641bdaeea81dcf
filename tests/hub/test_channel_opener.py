"""How a blog's channel is opened, and to where a reader's cursor needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hub.doubles import Following
from hub.history import HistoryInMemory, a_blog
from hub.serving import HubServer, hub_server, receive
from stoppress.errors import NotFound, Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channel_opener import CHANGES_LOADED, ChannelOpener
from stoppress.model import Cursor, Record
from stoppress.resume import Reset
from stoppress.settings import Settings
from stoppress.store.base import BlogState

pytestmark = pytest.mark.anyio


async def test_a_restarted_hub_recalls_the_last_changes() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(50)))
    async with hub_server(history) as at, at.connect("e1.48") as reader:
        await receive(reader)
        assert (await receive(reader))["cursor"] == "e1.49"
        assert at.metric("stoppress_resumes_total", kind="ring") == 1
        assert "since" not in history.asked


async def test_a_cursor_ahead_of_the_hub_but_not_of_the_store_is_waited_for() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as first:
        await receive(first)
        history.hold(True)
        cursor = history.publish("a")
        async with asyncio.TaskGroup() as group:
            opening = group.create_task(_opened(at, cursor))
            await at.until(lambda: "heads" in history.asked, "the store was asked")
            assert not opening.done()
            history.hold(False)
        hello = opening.result()
        assert (hello["resumed"], hello["cursor"], hello["blog"]["posts"]) == (True, str(cursor), 1)


async def _opened(at: HubServer, cursor: Cursor) -> dict[str, Any]:
    async with at.connect(cursor) as reader:
        return await receive(reader)


# The opener by itself


class HistoryWithLostRecord(HistoryInMemory):
    """A stream that has lost its second-last record."""

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        found = await super().read(after, wait=wait)
        return {blog: [*records[:-2], records[-1]] for blog, records in found.items()}


class HistoryWithShortStream(HistoryInMemory):
    """A stream that has lost its last record."""

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        found = await super().read(after, wait=wait)
        return {blog: records[:-1] for blog, records in found.items()}


class HistoryThatGrowsWhileRead(HistoryInMemory):
    """Another change comes between the question for the blog and the one for its past."""

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        self.publish("meanwhile")
        return await super().read(after, wait=wait)


class HistoryThatHangs(HistoryInMemory):
    """A store that answers nothing."""

    async def blog(self, blog: str) -> BlogState | None:
        await asyncio.Event().wait()
        return None


class Opening(Following):
    """An opener over `history`, and what it has opened."""

    def __init__(self, history: HistoryInMemory, **settings: Any) -> None:
        super().__init__(history)
        self.made: list[BlogState] = []
        self.opener = ChannelOpener(self.channels, self.source, self.verifier, Settings(**settings), self._make)

    def _make(self, state: BlogState) -> Channel:
        self.made.append(state)
        return self.make(state)


async def test_however_many_ask_at_a_time_a_channel_is_opened_once() -> None:
    at = Opening(HistoryInMemory())
    at.history.publish("a")
    found = await asyncio.gather(*(at.opener.open("regatta", None) for _ in range(10)))
    assert len(set(map(id, found))) == 1
    assert at.channels.get("regatta") is found[0]
    assert (len(at.made), at.history.asked.count("blog")) == (1, 1)
    assert await at.opener.open("regatta", Cursor("e1", 0)) is found[0]
    assert at.history.asked == ["blog"], "for a cursor that the channel can go on from the store is not asked"


async def test_a_channel_is_opened_anew_after_it_was_closed() -> None:
    at = Opening(HistoryInMemory())
    first = await at.opener.open("regatta", None)
    at.channels.close(first)
    assert await at.opener.open("regatta", None) is not first


@pytest.mark.parametrize("blog", ["", "-a", "a b", "ä", "a" * 65, "../x", "a\n"])
async def test_the_store_is_not_asked_for_what_can_be_no_blog(blog: str) -> None:
    at = Opening(HistoryInMemory())
    with pytest.raises(NotFound, match="there is no blog"):
        await at.opener.open(blog, None)
    assert at.history.asked == []


@pytest.mark.parametrize("blog", ["nowhere", "A", "0", "a" * 64, "night_of-8"])
async def test_a_blog_that_is_not_there_is_not_found(blog: str) -> None:
    at = Opening(HistoryInMemory())
    with pytest.raises(NotFound, match=blog):
        await at.opener.open(blog, None)
    assert at.history.asked == ["blog"]
    assert len(at.channels) == 0


@pytest.mark.parametrize(
    ("changes", "ring_events", "start"),
    [(0, 1_000, 0), (1, 1_000, 0), (CHANGES_LOADED, 1_000, 0), (CHANGES_LOADED + 1, 1_000, 1), (50, 10, 40)],
)
async def test_so_many_of_the_last_changes_are_recalled(changes: int, ring_events: int, start: int) -> None:
    at = Opening(HistoryInMemory(), ring_events=ring_events)
    at.history.publish(*(f"p{number}" for number in range(changes)))
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start, len(channel.ring)) == (changes, start, changes - start)


async def test_a_stream_that_is_trimmed_is_loaded_as_far_as_it_goes() -> None:
    at = Opening(HistoryInMemory())
    at.history.publish("a", "b", "c", "d")
    at.history.trim(2)
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start) == (4, 2)


async def test_of_a_stream_with_nothing_left_nothing_is_loaded() -> None:
    at = Opening(HistoryInMemory())
    at.history.publish("a", "b", "c", "d")
    at.history.trim(4)
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start) == (4, 4)


async def test_a_stream_with_a_gap_is_not_loaded() -> None:
    at = Opening(HistoryWithLostRecord())
    at.history.publish("a", "b", "c", "d")
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start) == (4, 4)


async def test_a_stream_that_ends_before_the_head_is_not_loaded() -> None:
    at = Opening(HistoryWithShortStream())
    at.history.publish("a", "b", "c", "d")
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start) == (4, 4)


async def test_a_stream_of_another_history_is_not_loaded() -> None:
    at = Opening(HistoryInMemory())
    at.history.publish("a", "b")
    at.history.epochs["regatta"] = "stranger"
    at.history.publish("c")
    at.history.epochs["regatta"] = "e1"
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start) == (3, 3)


async def test_changes_that_come_while_a_channel_is_opened_are_in_it() -> None:
    history = HistoryThatGrowsWhileRead()
    history.publish("a")
    at = Opening(history)
    channel = await at.opener.open("regatta", None)
    assert (channel.head, channel.ring.start, channel.blog.posts) == (2, 0, 2)


async def test_a_store_that_does_not_answer_in_time_is_unavailable_for_a_moment() -> None:
    at = Opening(HistoryThatHangs(), handshake_timeout=0.01)
    with pytest.raises(Unavailable, match="in time") as refused:
        await at.opener.open("regatta", None)
    assert refused.value.retry_after == 2
    assert len(at.channels) == 0


@pytest.mark.parametrize("cursor", [Cursor("e1", 9), Cursor("other", 0)])
async def test_a_cursor_that_the_store_does_not_know_either_is_not_waited_for(cursor: Cursor) -> None:
    at = Opening(HistoryInMemory())
    at.history.publish("a")
    channel = await at.opener.open("regatta", cursor)
    assert channel.resume(cursor) == Reset("ahead" if cursor.epoch == "e1" else "epoch")
    assert at.history.asked.count("heads") == 1


async def test_a_cursor_of_a_blog_begun_anew_reaches_its_new_history() -> None:
    at = Opening(HistoryInMemory())
    old = await at.opener.open("regatta", None)
    at.history.begin(a_blog())
    at.history.publish("a")
    channel = await at.opener.open("regatta", Cursor("e2", 1))
    assert channel is old
    assert channel.cursor == Cursor("e2", 1)


async def test_who_waits_for_a_change_is_let_in_once_the_channel_has_reached_it() -> None:
    at = Opening(HistoryInMemory())
    channel = await at.opener.open("regatta", None)
    at.history.publish("a", "b")
    waiting = asyncio.create_task(at.opener.open("regatta", Cursor("e1", 2)))
    await at.until(lambda: channel.wakes, "it waits")
    for record in at.history.records["regatta"]:
        assert not waiting.done()
        for _ in channel.publish([record]):
            pass
        await asyncio.sleep(0)
    assert await waiting is channel
    assert not channel.wakes


async def test_who_waits_for_a_change_of_a_blog_that_is_deleted_is_told_so() -> None:
    at = Opening(HistoryInMemory())
    channel = await at.opener.open("regatta", None)
    at.history.publish("a")
    waiting = asyncio.create_task(at.opener.open("regatta", Cursor("e1", 1)))
    await at.until(lambda: channel.wakes, "it waits")
    for _ in at.channels.close_deleted(channel):
        pass
    with pytest.raises(NotFound, match="regatta"):
        await waiting


async def test_who_waits_for_a_change_of_a_blog_that_begins_anew_is_let_in_to_be_reset() -> None:
    at = Opening(HistoryInMemory())
    channel = await at.opener.open("regatta", None)
    at.history.publish("a")
    waiting = asyncio.create_task(at.opener.open("regatta", Cursor("e1", 1)))
    await at.until(lambda: channel.wakes, "it waits")
    at.channels.renew(channel, BlogState(a_blog(), Cursor("e2", 0)), "epoch")
    assert (await waiting).resume(Cursor("e1", 1)) == Reset("epoch")


async def test_a_private_blog_is_asked_about_as_a_missing_one_and_opened_for_nobody_else() -> None:
    """Also while its channel is open: what the store answers, and whether it does, must not tell the two apart."""
    at = Opening(HistoryInMemory(a_blog(visibility="private")))
    for _ in range(2):
        at.history.asked.clear()
        with pytest.raises(NotFound) as private:
            await at.opener.open("regatta", None)
        with pytest.raises(NotFound) as missing:
            await at.opener.open("nowhere", None)
        assert private.value.detail == missing.value.detail.replace("nowhere", "regatta")
        assert at.history.asked == ["blog", "blog"]
        if not at.made:
            opened = await at.opener.open("regatta", None, private=True)
    assert at.channels.get("regatta") is opened
    at.history.cut(Unavailable("the store is away"))
    for blog in ("regatta", "nowhere"):
        with pytest.raises(Unavailable):
            await at.opener.open(blog, None)
    assert await at.opener.open("regatta", None, private=True) is opened
