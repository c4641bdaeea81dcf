"""Catching up from the store: page by page to the head, in one task for each reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub.doubles import Following, LimitedTransport, RecordingHost, cursors, messages
from hub.history import HistoryInMemory, a_blog
from hub.serving import hub_server, receive
from stoppress.errors import Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.encoded_message import close_frame, frame_format
from stoppress.hub.follow.catchup import CatchUp
from stoppress.hub.follow.history_pages import HistoryPages, Page
from stoppress.hub.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.hub.tasks import ShortTasks
from stoppress.model import Cursor
from stoppress.store.base import Store
from stoppress.wire import Close, Form

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


async def test_as_markup_a_reader_that_is_too_far_behind_is_told_to_reload() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(350)))
    async with hub_server(history, ring_events=50) as at:
        async with at.connect("e1.10", form="stoppress.v1.html") as reader:
            hello, reset = await receive(reader), await receive(reader)
            assert (hello["cursor"], hello["resumed"]) == ("e1.10", False)
            assert (reset["type"], reset["cursor"], reset["reason"]) == ("reset", "e1.350", "too_far_behind")
            history.publish("last")
            assert (await receive(reader))["id"] == "last"
        assert history.asked.count("since") == 0, "no change is read from the store for it"
        async with at.connect("e1.151", form="stoppress.v1.html") as reader:
            assert (await receive(reader))["resumed"], "behind by as many changes as the limit"
            # All are read, because a client that closes with messages unread waits 10 s for the server's close frame.
            got = [(await receive(reader))["id"] for _ in range(200)]
            assert got == [*(f"p{number}" for number in range(151, 350)), "last"]
        assert at.metric("stoppress_resumes_total", kind="reset") == 1


# By itself


class RecordingTasks(ShortTasks):
    """Counts the tasks that it makes."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        self.made += 1
        return super().spawn(work)


class RecordingPages(HistoryPages):
    """Pages from the store, given when they may be; `asked` has where each began."""

    def __init__(self, store: Store, tasks: ShortTasks) -> None:
        super().__init__(store, tasks)
        self.asked: list[int] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error: Exception | None = None

    async def page(self, channel: Channel, after: int) -> Page | None:
        self.asked.append(after)
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return await super().page(channel, after)


class CatchingUp(Following):
    """A channel whose ring holds the last change alone, and readers that are behind it."""

    def __init__(self, changes: int = 5) -> None:
        super().__init__(HistoryInMemory())
        self.tasks = RecordingTasks()
        self.history.publish(*(f"p{number}" for number in range(changes)))
        self.channel = self.open()

    def reader(self) -> tuple[Reader, LimitedTransport]:
        transport = LimitedTransport()
        reader = Reader(self.channel, frame_format(Form.JSON), transport, RecordingHost())
        reader.start(Cursor("e1", 0))
        return reader, transport

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """While readers can be brought on."""
        fetching = ShortTasks()
        async with fetching.open(), self.tasks.open():
            self.pages = RecordingPages(self.source.store, fetching)
            self.catch_up = CatchUp(self.pages, self.verifier, self.tasks)
            yield


async def test_each_reader_is_brought_to_the_head_by_one_task() -> None:
    at = CatchingUp(changes=250)
    async with at.serving():
        (one, transport), (other, _) = at.reader(), at.reader()
        for _ in range(3):
            at.catch_up.start(one)
        at.catch_up.start(other)
        assert at.tasks.made == 2
        await at.until(lambda: one.state is other.state is State.LIVE, "both are live")
        assert cursors(transport) == [f"e1.{number}" for number in range(251)]
        assert sorted(at.pages.asked) == [0, 0, 100, 100, 200, 200]


async def test_a_reader_that_falls_behind_again_is_brought_on_again() -> None:
    at = CatchingUp()
    async with at.serving():
        reader, _ = at.reader()
        at.catch_up.start(reader)
        await at.until(lambda: reader.live, "it is live")
        reader.sequence, reader.state = 2, State.CATCHING_UP
        at.catch_up.start(reader)
        await at.until(lambda: reader.live, "it is live again")
        assert (at.tasks.made, at.pages.asked) == (2, [0, 2])


async def test_a_socket_that_is_full_for_a_moment_between_two_parts_misses_nothing() -> None:
    at = CatchingUp(changes=100)
    async with at.serving():
        at.channel.chunk = 1_000  # a few changes a part
        reader, transport = at.reader()
        transport.room = 2_500
        host = RecordingHost()

        def pause_and_drain() -> None:
            """The socket is full, and drained before the next part."""
            transport.waiting, transport.paused = 0, False
            reader.pause()
            reader.resume()

        transport.halt = pause_and_drain
        reader.host = host
        at.catch_up.start(reader)
        await at.until(lambda: reader.live, "it is live")
        assert cursors(transport) == [f"e1.{number}" for number in range(101)]
        assert host.fetching, "it asked for the rest while its task was still there"


async def test_a_post_that_changes_between_two_parts_of_a_page_is_sent_only_as_it_is_then() -> None:
    """A deletion above all: what was deleted is not sent any more."""
    at = CatchingUp(changes=100)
    at.channel.ring.most_events = 10
    async with at.serving():
        at.channel.chunk = 1_000  # a few changes a part
        reader, transport = at.reader()
        write = transport.write

        def write_and_delete(data: bytes, /) -> None:
            write(data)
            if len(at.history.records["regatta"]) == 100 and reader.state is State.CATCHING_UP:
                at.history.remove("p90")
                at.channel.apply(at.history.records["regatta"])

        transport.write = write_and_delete  # type: ignore[method-assign]
        at.catch_up.start(reader)
        await at.until(lambda: reader.live, "it is live")
        assert cursors(transport) == [f"e1.{number}" for number in range(102) if number != 91]


async def test_readers_that_catch_up_are_served_in_turn() -> None:
    at = CatchingUp(changes=300)
    async with at.serving():
        at.channel.chunk = 1_000
        order: list[int] = []
        readers = []
        for number in range(3):
            reader, transport = at.reader()
            transport.write = recorded(transport, order, number)  # type: ignore[method-assign]
            readers.append(reader)
            at.catch_up.start(reader)
        await at.until(lambda: all(reader.live for reader in readers), "all are live")
        for number in range(3):
            assert order[:30].count(number) in range(8, 13), "none waits until another is done"


def recorded(transport: LimitedTransport, order: list[int], number: int) -> Callable[[bytes], None]:
    """The transport's `write`, which also notes whose it is."""
    write = transport.write

    def write_and_note(data: bytes, /) -> None:
        order.append(number)
        write(data)

    return write_and_note


async def test_nothing_begins_once_the_hub_ends() -> None:
    at = CatchingUp()
    async with at.serving():
        at.tasks.close()
        at.catch_up.start(at.reader()[0])
    assert (at.tasks.made, at.pages.asked) == (0, [])


@pytest.mark.parametrize("state", [State.LAGGING, State.CLOSED, State.LIVE])
async def test_a_page_for_a_reader_that_has_moved_on_is_not_written(state: State) -> None:
    at = CatchingUp()
    async with at.serving():
        reader, transport = at.reader()
        at.pages.may_answer.clear()
        at.catch_up.start(reader)
        await at.until(lambda: at.pages.asked, "the page is asked for")
        reader.state = state
        at.pages.may_answer.set()
    assert (reader.state, cursors(transport)) == (state, ["e1.0"])


@pytest.mark.parametrize("error", [Unavailable("the store is away"), RuntimeError("a surprise")])
async def test_a_reader_that_can_not_be_brought_on_is_sent_away_and_may_come_back(error: Exception) -> None:
    at = CatchingUp()
    async with at.serving():
        reader, transport = at.reader()
        at.pages.error = error
        at.catch_up.start(reader)
        await at.until(lambda: reader.state is State.CLOSING, "it is let go")
        assert transport.sent.endswith(close_frame(Close.OVERLOADED))
        other, _ = at.reader()
        at.pages.error = None
        at.catch_up.start(other)
        await at.until(lambda: other.live, "others are brought on")


async def test_a_blog_that_was_deleted_meanwhile_dismisses_the_reader_with_all_others() -> None:
    at = CatchingUp()
    async with at.serving():
        reader, transport = at.reader()
        at.history.delete()
        at.catch_up.start(reader)
        await at.until(lambda: reader.state is State.CLOSING, "it is let go")
    assert transport.sent.endswith(close_frame(Close.NO_SUCH_BLOG))
    assert at.channels.get("regatta") is None


async def test_a_blog_that_began_anew_meanwhile_resets_the_reader_with_all_others() -> None:
    at = CatchingUp()
    async with at.serving():
        reader, transport = at.reader()
        at.history.begin(a_blog())
        at.history.publish("z")
        at.catch_up.start(reader)
        await at.until(lambda: reader.live, "it is live")
    assert [(message["type"], message["cursor"]) for message in messages(transport)] == [
        ("hello", "e1.0"),
        ("reset", "e2.1"),
    ]


async def test_a_reader_of_a_channel_that_is_followed_no_more_is_sent_away() -> None:
    at = CatchingUp()
    async with at.serving():
        reader, transport = at.reader()
        at.channels.close(at.channel)
        at.history.delete()
        at.catch_up.start(reader)
        await at.until(lambda: reader.state is State.CLOSING, "it is let go")
    assert transport.sent.endswith(close_frame(Close.OVERLOADED))
