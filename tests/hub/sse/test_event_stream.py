"""The same changes as Server-Sent Events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from hub.history import HistoryInMemory, a_blog
from hub.serving import HubServer, hub_server
from waiting import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("both_paths")]


@dataclass
class Event:
    """One event as an EventSource sees it."""

    name: str = ""
    id: str | None = None
    retry: int | None = None
    message: dict[str, Any] = field(default_factory=dict)


class Source:
    """A client of an event stream."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> Event:
        """The next event. Raises StopAsyncIteration at the stream's end."""
        event = Event()
        async with asyncio.timeout(PATIENCE):
            while line := await anext(self._lines):
                name, _, value = line.partition(": ")
                match name:
                    case "id":
                        event.id = value
                    case "event":
                        event.name = value
                    case "retry":
                        event.retry = int(value)
                    case "data":
                        event.message = json.loads(value)
        return event

    async def ended(self) -> bool:
        """Whether nothing more comes."""
        async with asyncio.timeout(PATIENCE):
            return [line async for line in self._lines] == []


@asynccontextmanager
async def source(at: HubServer, query: str = "", blog: str = "regatta", **headers: str) -> AsyncIterator[Source]:
    """A stream of the blog's events."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as client,
        client.stream("GET", f"http://127.0.0.1:{at.port}/v1/blogs/{blog}/events{query}", headers=sent) as response,
    ):
        yield Source(response)


async def test_a_stream_greets_follows_and_moves_the_last_event_id() -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history) as at, source(at) as stream:
        headers = stream.response.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        hello = await stream.next()
        assert (hello.name, hello.id, hello.retry) == ("hello", "e1.1", 2000)
        assert (hello.message["type"], hello.message["resumed"]) == ("hello", False)
        history.publish("b")
        change = await stream.next()
        assert (change.name, change.id, change.message["post"]["id"]) == ("change", "e1.2", "b")
        assert at.hub.readers("regatta") == 1
        assert at.metric("stoppress_deliveries_total", transport="sse") == 1
    await at.until(lambda: at.hub.readers() == 0, "it is counted out")


@pytest.mark.parametrize("ring", [1_000, 2], ids=["ring", "store"])
async def test_it_resumes_compacted_from_the_last_event_id_before_the_query(ring: int) -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "a", "c", "b")
    async with hub_server(history, ring_events=ring) as at, source(at, "?cursor=e1.4", Last_Event_ID="e1.1") as stream:
        hello = await stream.next()
        assert (hello.id, hello.message["resumed"]) == ("e1.1", True)
        assert [(await stream.next()).id for _ in range(3)] == ["e1.3", "e1.4", "e1.5"]


async def test_the_html_form_carries_markup() -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history) as at, source(at, "?form=html&cursor=e1.0") as stream:
        await stream.next()
        assert (await stream.next()).message["html"] == "<article id=a>1 of 1</article>"


async def test_as_markup_a_stream_that_is_too_far_behind_is_told_to_reload() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(30)))
    async with (
        hub_server(history, ring_events=5, catch_up_changes=20) as at,
        source(at, "?form=html&cursor=e1.9") as far,
        source(at, "?form=html&cursor=e1.10") as near,
        source(at, "?form=json&cursor=e1.9") as data,
    ):
        assert not (await far.next()).message["resumed"]
        reset = await far.next()
        assert (reset.name, reset.id, reset.message["reason"]) == ("reset", "e1.30", "too_far_behind")
        assert [(await near.next()).id for _ in range(2)] == ["e1.10", "e1.11"]
        assert [(await data.next()).id for _ in range(2)] == ["e1.9", "e1.10"]


async def test_heartbeats_do_not_move_the_last_event_id() -> None:
    async with hub_server(HistoryInMemory(), heartbeat=0.05) as at, source(at) as stream:
        await stream.next()
        beat = await stream.next()
        assert (beat.name, beat.id, beat.message["readers"]) == ("heartbeat", None, 1)


async def test_a_cursor_of_another_epoch_is_reset() -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history) as at, source(at, "?cursor=other.1") as stream:
        hello = await stream.next()
        assert (hello.id, hello.message["cursor"], hello.message["resumed"]) == ("other.1", "other.1", False)
        reset = await stream.next()
        assert (reset.name, reset.id, reset.message["reason"]) == ("reset", "e1.1", "epoch")
        history.begin(a_blog())
        again = await stream.next()
        assert (again.name, again.id) == ("reset", "e2.0")


async def test_an_ended_blog_ends_the_stream_and_204_keeps_its_client_away() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at:
        async with source(at) as stream:
            await stream.next()
            history.change(status="ended")
            assert (await stream.next()).message["blog"]["status"] == "ended"
            assert await stream.ended()
        async with source(at, Last_Event_ID=str(history.head())) as stream:
            assert stream.response.status_code == 204


async def test_a_deleted_blog_ends_the_stream() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at:
        async with source(at) as stream:
            await stream.next()
            history.delete()
            assert await stream.ended()
        async with source(at) as stream:
            assert stream.response.status_code == 404


async def test_a_drain_says_bye_and_when_to_come_back() -> None:
    async with hub_server(HistoryInMemory()) as at, source(at) as stream:
        await stream.next()
        draining = asyncio.create_task(at.hub.drain())
        bye = await stream.next()
        assert (bye.name, bye.id, bye.retry) == ("bye", None, bye.message["retry_after_ms"])
        assert await stream.ended()
        await asyncio.wait_for(draining, 10)


@pytest.mark.parametrize(
    ("query", "headers", "parameter"),
    [
        ("?cursor=nonsense", {}, "cursor"),
        ("", {"Last_Event_ID": "nonsense"}, "Last-Event-ID"),
        ("?form=xml", {}, "form"),
        ("?after=e1.0", {}, "after"),
        ("?heartbeat=15", {}, "heartbeat"),
        ("?cursor=e1.0&cursor=e1.0", {}, "cursor"),
        ("?max_message=16383", {}, "max_message"),
        ("?max_message=many", {}, "max_message"),
        ("?max_message=32768&max_message=32768", {}, "max_message"),
        ("?cursor=nonsense", {"Last_Event_ID": "e1.0"}, "cursor"),
    ],
)
async def test_bad_input_is_named(query: str, headers: dict[str, str], parameter: str) -> None:
    async with hub_server(HistoryInMemory()) as at, source(at, query, **headers) as stream:
        assert stream.response.status_code == 400
        assert stream.response.headers["content-type"] == "application/problem+json"
        problem = json.loads(await stream.response.aread())
        assert problem["errors"][0]["parameter"] == parameter


async def test_a_full_hub_refuses_streams_too() -> None:
    async with hub_server(HistoryInMemory(), readers_max=1) as at, at.connect(), source(at) as stream:
        assert stream.response.status_code == 503
        assert int(stream.response.headers["retry-after"]) > 0


async def test_other_pages_may_read_where_origins_allow() -> None:
    page = "https://news.example.org"
    async with hub_server(HistoryInMemory()) as at, source(at, Origin=page) as stream:
        assert stream.response.headers["access-control-allow-origin"] == "*"
    async with hub_server(HistoryInMemory(), origins=page) as at:
        async with source(at, Origin=page) as stream:
            assert stream.response.headers["access-control-allow-origin"] == page
        async with source(at, "?form=xml", Origin=page) as stream:  # a refusal can be read as well
            assert stream.response.status_code == 400
            assert stream.response.headers["access-control-allow-origin"] == page
        async with source(at, Origin="https://elsewhere.example") as stream:
            assert stream.response.status_code == 403
            assert "access-control-allow-origin" not in stream.response.headers


async def test_head_answers_as_get_would_without_a_stream() -> None:
    async with hub_server(HistoryInMemory()) as at, httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
        there = await client.head(f"http://127.0.0.1:{at.port}/v1/blogs/regatta/events")
        assert there.status_code == 200 and there.headers["content-type"].startswith("text/event-stream")
        assert (await client.head(f"http://127.0.0.1:{at.port}/v1/blogs/nope/events")).status_code == 404
        assert (await client.head(f"http://127.0.0.1:{at.port}/v1/blogs/regatta/events?cursor=x")).status_code == 400
        assert at.hub.readers() == 0


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("ring", [100, 1], ids=["from the ring", "from the store"])
async def test_who_asks_gets_larger_posts_without_their_content(ring: int, encoding: str) -> None:
    """At first when it catches up, then live. The event's name and id are those of any post."""
    history = HistoryInMemory()
    history.publish("large", body="x" * 20_000)
    history.publish("small")
    query = "?cursor=e1.0&max_message=16384"
    async with hub_server(history, ring_events=ring) as at, source(at, query, accept_encoding=encoding) as stream:
        assert (await stream.next()).name == "hello"
        large, small = await stream.next(), await stream.next()
        assert (large.name, large.id, large.message["id"]) == ("change", "e1.1", "large")
        assert large.message["too_large"] is True
        assert "too_large" not in small.message
        history.publish("live", body="y" * 20_000)
        live = await stream.next()
        assert (live.id, live.message["id"], live.message["too_large"]) == ("e1.3", "live", True)
