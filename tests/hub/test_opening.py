"""How a blog's channel is opened, and to where a reader's cursor needs it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.history import HistoryInMemory
from hub.serving import HubServer, hub_server, receive
from stoppress.model import Cursor

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
