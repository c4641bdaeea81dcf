"""Heartbeats: to every live reader, a little more often than the contract says."""

from __future__ import annotations

import asyncio
import json

import pytest

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive

pytestmark = pytest.mark.anyio


async def test_heartbeats_carry_the_head_and_the_readers() -> None:
    history = HistoryInMemory()
    head = history.publish("a")
    async with hub_server(history, heartbeat=0.2) as at, at.connect() as one, at.connect():
        await receive(one)
        for _ in range(3):
            async with asyncio.timeout(5):
                message = json.loads(await one.recv())
            assert message == {"type": "heartbeat", "cursor": str(head), "readers": 2}
