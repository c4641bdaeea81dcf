"""A channel that nobody has read for a while is closed."""

from __future__ import annotations

import pytest

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive

pytestmark = pytest.mark.anyio


async def test_a_channel_closes_some_time_after_its_last_reader() -> None:
    async with hub_server(HistoryInMemory(), linger=0.05) as at:
        async with at.connect() as reader:
            await receive(reader)
            assert at.metric("stoppress_blogs_followed") == 1
        await at.until(lambda: at.metric("stoppress_blogs_followed") == 0, "the channel is closed")
        async with at.connect() as reader:
            assert (await receive(reader))["type"] == "hello"
