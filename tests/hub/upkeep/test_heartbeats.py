"""Heartbeats: to every live reader, a little more often than the contract says."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive
from stoppress.hub.channels import Channels
from stoppress.hub.roster import SLOTS
from stoppress.hub.upkeep.heartbeats import heartbeats
from stoppress.task_cancellation import end
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.anyio


async def test_heartbeats_carry_the_head_and_the_readers() -> None:
    history = HistoryInMemory()
    head = history.publish("a")
    async with hub_server(history, heartbeat=0.1) as at, at.connect() as one, at.connect():
        await receive(one)

        async def beat() -> dict[str, Any]:
            async with asyncio.timeout(PATIENCE):
                message: dict[str, Any] = json.loads(await one.recv())
            return message

        while (message := await beat())["readers"] == 1:
            pass  # sent before the second one was there
        for _ in range(3):
            assert message == {"type": "heartbeat", "cursor": str(head), "readers": 2}
            message = await beat()


class RecordingChannel:
    """As much of a channel as heartbeats need: it notes which slots are due, and when."""

    def __init__(self) -> None:
        self.beats: list[tuple[float, int]] = []

    def send_heartbeats(self, slot: int) -> None:
        self.beats.append((asyncio.get_running_loop().time(), slot))


async def test_each_slot_of_each_channel_is_due_once_in_less_than_an_interval() -> None:
    every = 0.16
    one, two = RecordingChannel(), RecordingChannel()
    sending = asyncio.create_task(heartbeats(cast(Channels, (one, two)), every))

    async def three_rounds() -> bool:
        return len(one.beats) >= 3 * SLOTS

    began = asyncio.get_running_loop().time()
    await eventually(three_rounds, "three rounds are over")
    await end([sending])
    assert [slot for _, slot in one.beats[: 2 * SLOTS]] == [*range(SLOTS)] * 2
    assert [slot for _, slot in two.beats] == [slot for _, slot in one.beats]
    # A step is due at its time whatever the one before it took, and never early.
    assert all(at - began >= every * (number + 1) / (SLOTS + 1) - 0.005 for number, (at, _) in enumerate(one.beats))
