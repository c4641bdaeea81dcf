"""Catching up from the store: page by page to the head, in one task for each reader."""

from __future__ import annotations

import pytest

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive

pytestmark = pytest.mark.anyio


async def test_behind_the_ring_the_store_brings_a_reader_on_in_pages() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(350)))
    async with hub_server(history, ring_events=5) as at, at.connect("e1.10") as reader:
        assert (await receive(reader))["cursor"] == "e1.10"
        got = [(await receive(reader))["cursor"] for _ in range(340)]
        assert got == [f"e1.{number}" for number in range(11, 351)]
        history.publish("last")
        assert (await receive(reader))["post"]["id"] == "last"
        assert at.metric("stoppress_resumes_total", kind="store") == 1
