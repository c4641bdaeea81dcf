"""Which pictures are made, and what becomes of those that wait when the server stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stoppress.errors import Unavailable
from stoppress.media.decoder_process import DecoderProcesses
from stoppress.media.intake import PictureIntake
from stoppress.media.picture import Picture
from stoppress.media.storage import FolderStorage
from waiting import PATIENCE, eventually

pytestmark = pytest.mark.anyio


class SlowDecoders(DecoderProcesses):
    """Makes each picture when it may, without a process."""

    def __init__(self) -> None:
        super().__init__(pixels=1_000_000, memory=2**31, cpu=30)
        self.begun = 0
        self.may_end = threading.Event()

    def make(self, content: bytes, digest: str) -> Picture:
        self.begun += 1
        self.may_end.wait(PATIENCE)
        return Picture(width=1, height=1, widths=(1,), files=())


@pytest.fixture
async def decoders() -> AsyncIterator[SlowDecoders]:
    decoders = SlowDecoders()
    yield decoders
    decoders.may_end.set()


@pytest.fixture
def intake(decoders: SlowDecoders, tmp_path: Path) -> PictureIntake:
    return PictureIntake(FolderStorage(tmp_path), decoders, workers=1)


async def test_a_server_that_stops_makes_what_it_has_begun_and_refuses_the_rest(
    intake: PictureIntake, decoders: SlowDecoders
) -> None:
    begun = asyncio.create_task(intake.take(b"one"))

    async def has_begun() -> bool:
        return decoders.begun == 1

    await eventually(has_begun, "the first is being made")
    waits = asyncio.create_task(intake.take(b"two"))
    await asyncio.sleep(0)
    intake.stop()
    for refused in (waits, intake.take(b"three")):
        with pytest.raises(Unavailable, match="the server is stopping"):
            await refused
    decoders.may_end.set()
    assert (await begun).width == 1


async def test_a_request_that_is_cancelled_by_a_stopping_server_gets_an_answer(
    intake: PictureIntake, decoders: SlowDecoders
) -> None:
    taking = asyncio.create_task(intake.take(b"one"))

    async def has_begun() -> bool:
        return decoders.begun == 1

    await eventually(has_begun, "it is being made")
    intake.stop()
    taking.cancel()
    with pytest.raises(Unavailable, match="the server is stopping"):
        await taking


async def test_a_request_that_is_cancelled_otherwise_ends(intake: PictureIntake, decoders: SlowDecoders) -> None:
    taking = asyncio.create_task(intake.take(b"one"))

    async def has_begun() -> bool:
        return decoders.begun == 1

    await eventually(has_begun, "it is being made")
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
