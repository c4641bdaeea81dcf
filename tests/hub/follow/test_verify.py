"""Whether what is followed is still what is stored: what readers are told when it is not."""

from __future__ import annotations

import pytest

from hub.history import HistoryInMemory, a_blog
from hub.serving import closed, hub_server, receive

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
