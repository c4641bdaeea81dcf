"""What the watch says of a store that is away, refuses writes, is emptied or replaced, and when it says it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from stoppress.settings import Settings
from stoppress.store.store_watch import StoreWatch
from store_faults import FaultyRedis, faulty_redis

pytestmark = [pytest.mark.anyio, pytest.mark.redis_server]


@pytest.fixture
def server() -> Iterator[FaultyRedis]:
    with faulty_redis() as server:
        yield server


@pytest.fixture
async def watch(server: FaultyRedis) -> AsyncIterator[StoreWatch]:
    """A watch that has looked once, and found nothing wrong."""
    watch = StoreWatch(server.url, Settings(store_patience=0.2, redis_timeout=0.5))
    await watch.look()
    assert watch.away_for == 0 and watch.refuses_writes is None
    yield watch
    await watch.close()


async def test_it_tells_once_when_the_store_goes_and_once_when_it_returns(
    server: FaultyRedis, watch: StoreWatch, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[str] = []

    async def returned() -> None:
        events.append("back")

    watch.on_away(lambda: events.append("away"))
    watch.on_return(returned)
    server.stop()
    await watch.look()
    first = watch.away_for
    await watch.look()
    assert 0 < first < watch.away_for and events == ["away"]
    server.go_on()
    await watch.look()
    assert watch.away_for == 0 and events == ["away", "back"]
    assert caplog.text.count("The store is away") == caplog.text.count("The store answers again") == 1


@pytest.mark.parametrize("how", FaultyRedis.REFUSALS)
async def test_a_new_watch_finds_that_writes_are_refused_and_then_accepted(
    server: FaultyRedis, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse(how)
    watch = StoreWatch(server.url, Settings())
    for _ in range(3):
        await watch.look()
    assert watch.refuses_writes and watch.away_for == 0
    assert caplog.text.count("The store refuses writes") == 1
    server.accept()
    await watch.look()
    assert watch.refuses_writes is None and "The store accepts writes again" in caplog.text
    await watch.close()


async def test_an_emptied_store_is_said_by_every_process(
    server: FaultyRedis, watch: StoreWatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = StoreWatch(server.url, Settings())
    await other.look()
    server.client.flushall()
    for process in (watch, other, watch, other):
        await process.look()
    assert caplog.text.count("The store was emptied") == 1  # by the first, which marks the store again
    assert caplog.text.count("The store was replaced") == 1
    await other.close()
