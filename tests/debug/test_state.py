"""The state of a process that has readers, and of one whose store does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive
from stoppress.debug.state import process_state
from stoppress.errors import Unavailable
from stoppress.model import Cursor
from stoppress.web.cache.page_cache import FinishedPages

pytestmark = pytest.mark.anyio

PAGES = FinishedPages(5_000)


async def no_store(blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
    raise Unavailable("the store is away")


async def test_it_has_each_open_channel_with_its_ring_and_its_readers() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.publish("a", "b")
        assert [(await receive(reader))["cursor"] for _ in range(2)] == ["e1.1", "e1.2"]
        await at.until(lambda: at.hub.tail.state.value == "waiting for changes", "the tail reads again")
        found = await process_state(at.hub, PAGES, history.heads, "all")
    [channel] = found.channels
    assert (channel.blog, channel.cursor, channel.epoch, channel.lag) == ("regatta", "e1.2", "e1", 0)
    assert (channel.ring.start, channel.ring.head, channel.ring.events) == (0, 2, 2)
    assert 0 < channel.ring.bytes < channel.ring.most_bytes
    assert channel.sockets == {"stoppress.v1.json: live": 1}
    assert channel.last_delivery is not None
    assert (found.tail, found.failed_reads, found.store) == ("waiting for changes", 0, "answers")
    assert (found.page_cache.pages, found.page_cache.bytes, found.page_cache.most_bytes) == (0, 0, 5_000)


async def test_of_private_blogs_it_has_only_the_number_of_channels() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        [channel] = at.hub.channels
        channel.blog = channel.blog.model_copy(update={"visibility": "private"})
        found = await process_state(at.hub, PAGES, history.heads, "all")
    assert (found.channels, found.private_channels) == ((), 1)


async def test_lag_is_how_far_the_store_is_ahead() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.hold(True)
        history.publish("a", "b", "c")
        [channel] = (await process_state(at.hub, PAGES, history.heads, "all")).channels
        assert channel.lag == 3


async def test_without_a_store_it_has_the_error_and_no_lag() -> None:
    history = HistoryInMemory()
    async with hub_server(history, verify=3600.0) as at, at.connect() as reader:
        await receive(reader)
        history.cut(Unavailable("the store is away"))
        history.publish("a")
        await at.until(lambda: at.hub.tail.failures, "a read of the tail failed")
        found = await process_state(at.hub, PAGES, no_store, "all")
        assert (found.tail, found.store) == ("pausing after a failed read", "the store is away")
        assert [channel.lag for channel in found.channels] == [None]
        history.cut(None)
        assert (await receive(reader))["cursor"] == "e1.1"
        await at.until(lambda: at.hub.tail.failures == 0, "the tail has recovered")
    assert at.hub.tail.state.value == "stopped"
