"""What the ring no longer has, from the store: one page for all who ask at the same time."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from hub.doubles import Following
from hub.history import HistoryInMemory, a_blog
from stoppress.errors import Unavailable
from stoppress.hub.follow.history_pages import HistoryPages, Page
from stoppress.hub.tasks import ShortTasks
from stoppress.loop_turns import LoopTurns
from stoppress.store.base import Since

pytestmark = pytest.mark.anyio


class SlowHistory(HistoryInMemory):
    """A store that answers `since` when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()
        self.under_way = self.most_at_once = 0

    async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await self.may_answer.wait()
        self.under_way -= 1
        return await super().since(blog, after, limit=limit)


def sequences(page: Page | None) -> list[int]:
    assert page is not None
    return [message.sequence for message in page.messages]


async def test_a_page_has_the_last_word_on_each_post_and_the_head_if_nothing_is_to_come() -> None:
    at = Following(HistoryInMemory())
    at.history.publish("a", "b", "a")
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        page = await HistoryPages(at.source.store, tasks).page(channel, 0)
        assert page is not None
        assert (page.epoch, sequences(page), page.head) == ("e1", [2, 3], 3)
        assert [message.blog.posts for message in page.messages] == [2, 2]


async def test_a_page_that_is_not_the_last_names_no_head() -> None:
    at = Following(HistoryInMemory())
    at.history.publish(*(f"p{number}" for number in range(250)))
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        found = [await pages.page(channel, after) for after in (0, 100, 200)]
        assert [sequences(page)[-1] for page in found] == [100, 200, 250]
        assert [page and page.head for page in found] == [None, None, 250]


async def test_all_who_ask_for_a_page_while_it_is_fetched_get_the_same_one() -> None:
    history = SlowHistory()
    history.publish("a", "b")
    at = Following(history)
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        same = [asyncio.create_task(pages.page(channel, 0)) for _ in range(5)]
        other = asyncio.create_task(pages.page(channel, 1))
        await asyncio.sleep(0)
        history.may_answer.set()
        found = await asyncio.gather(*same)
        assert all(page is found[0] for page in found)
        assert sequences(await other) == [2], "a reader in the midst of the page gets the rest of it"
        assert history.asked == ["since"]


async def test_a_page_is_kept_while_it_reaches_the_ring() -> None:
    at = Following(HistoryInMemory())
    at.history.publish(*(f"p{number}" for number in range(150)))
    channel, tasks = at.open(), ShortTasks()
    channel.ring.most_events = 5
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        full, last = await pages.page(channel, 0), await pages.page(channel, 100)
        assert await pages.page(channel, 0) is full
        assert sequences(await pages.page(channel, 98)) == [99, 100]
        assert await pages.page(channel, 100) is last
        assert at.history.asked.count("since") == 2
        at.history.publish(*(f"q{number}" for number in range(6)))
        channel.apply(at.history.records["regatta"])
        assert sequences(await pages.page(channel, 100))[-1] == 156, "the kept one ends before the ring begins"
        assert sequences(await pages.page(channel, 0))[-1] == 100
        assert at.history.asked.count("since") == 4, "what has changed since it was read is no longer known"
        assert sequences(await pages.page(channel, 0))[-1] == 100
        assert at.history.asked.count("since") == 4


async def test_a_kept_page_lacks_what_changed_since_it_was_read() -> None:
    at = Following(HistoryInMemory())
    at.history.publish(*(f"p{number}" for number in range(150)))
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        await pages.page(channel, 0)
        at.history.publish("p0", "p98", "p99")
        channel.apply(at.history.records["regatta"])
        assert sequences(await pages.page(channel, 0)) == list(range(2, 99))
        assert at.history.asked.count("since") == 1
        assert sequences(await pages.page(channel, 98))[-1] > 100, "nothing of the kept page is left for this reader"
        assert at.history.asked.count("since") == 2


async def test_a_page_of_a_channel_that_began_anew_is_not_used() -> None:
    at = Following(HistoryInMemory())
    at.history.publish("a")
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        await pages.page(channel, 0)
        at.history.begin(a_blog())
        at.history.publish("z")
        await at.verifier.check(("regatta",))
        page = await pages.page(channel, 0)
        assert page is not None and page.epoch == "e2"


async def test_readers_with_any_cursor_share_the_pages() -> None:
    at = Following(HistoryInMemory())
    at.history.publish(*(f"p{number}" for number in range(250)))
    channel, tasks = at.open(), ShortTasks()
    channel.ring.most_events = 5
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        found = [sequences(await pages.page(channel, after)) for after in range(0, 245, 7)]
        assert [page[0] for page in found] == [after + 1 for after in range(0, 245, 7)]
        assert at.history.asked.count("since") == 3


async def test_other_tasks_run_while_a_page_is_read() -> None:
    at = Following(HistoryInMemory())
    at.history.publish(*(f"p{number}" for number in range(100)))
    channel, tasks = at.open(), ShortTasks()
    milliseconds = itertools.count()
    passes = 0

    async def count_passes() -> None:
        nonlocal passes
        while True:
            await asyncio.sleep(0)
            passes += 1

    async with tasks.open() as group:
        counting = group.create_task(count_passes())
        turns = LoopTurns(clock=lambda: next(milliseconds) / 1_000)
        await HistoryPages(at.source.store, tasks, turns).page(channel, 0)
        counting.cancel()
    assert passes >= 20, "a hundred changes of 1 ms each, in turns of 5 ms"


async def test_who_is_cancelled_does_not_take_the_page_from_the_others() -> None:
    history = SlowHistory()
    history.publish("a")
    at = Following(history)
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        leaves, stays = (asyncio.create_task(pages.page(channel, 0)) for _ in range(2))
        await at.until(lambda: history.under_way, "the store is asked")
        leaves.cancel()
        await asyncio.wait([leaves])
        history.may_answer.set()
        assert sequences(await stays) == [1]


async def test_the_store_is_asked_for_eight_pages_at_once() -> None:
    history = SlowHistory()
    at = Following(history)
    channel, tasks = at.open(), ShortTasks()
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        asking = [asyncio.create_task(pages.page(channel, after)) for after in range(0, 2_000, 100)]
        await at.until(lambda: history.under_way == 8, "eight are under way")
        history.may_answer.set()
        await asyncio.gather(*asking)
    assert history.most_at_once == 8


async def test_of_a_blog_that_is_gone_there_is_no_page() -> None:
    at = Following(HistoryInMemory())
    channel, tasks = at.open(), ShortTasks()
    at.history.delete()
    async with tasks.open():
        assert await HistoryPages(at.source.store, tasks).page(channel, 0) is None


async def test_a_page_names_the_epoch_that_it_is_of() -> None:
    at = Following(HistoryInMemory())
    channel, tasks = at.open(), ShortTasks()
    at.history.begin(a_blog())
    async with tasks.open():
        page = await HistoryPages(at.source.store, tasks).page(channel, 0)
        assert page == Page("e2", (), 0, 0)


@pytest.mark.parametrize("error", [Unavailable("the store is away"), RuntimeError("a surprise")])
async def test_a_store_that_fails_is_unavailable_to_all_who_asked(error: Exception) -> None:
    at = Following(HistoryInMemory())
    channel, tasks = at.open(), ShortTasks()
    at.history.cut(error)
    async with tasks.open():
        pages = HistoryPages(at.source.store, tasks)
        for asking in [asyncio.create_task(pages.page(channel, 0)) for _ in range(3)]:
            with pytest.raises(Unavailable, match="away|can't be read"):
                await asking
        at.history.cut(None)
        assert await pages.page(channel, 0) is not None, "the next one asks again"
