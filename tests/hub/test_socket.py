"""Readers by WebSocket, through a real uvicorn: opening, following, resuming, being refused and let go."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hub.history import HistoryInMemory, a_blog
from hub.serving import HubServer, closed, hub_server, receive
from stoppress.errors import Unavailable
from stoppress.model import Cursor

pytestmark = pytest.mark.anyio


async def test_without_a_cursor_a_reader_gets_what_is_said_from_now_on() -> None:
    history = HistoryInMemory()
    history.publish("start")
    async with hub_server(history) as at, at.connect() as reader:
        hello = await receive(reader)
        assert (hello["type"], hello["cursor"], hello["resumed"]) == ("hello", str(history.head()), False)
        assert hello["heartbeat"] == 20.0
        assert hello["blog"]["posts"] == 1
        cursor = history.publish("gust")
        message = await receive(reader)
        assert (message["type"], message["cursor"], message["post"]["id"]) == ("post", str(cursor), "gust")
        assert message["blog"] == {"posts": 2, "updated_at": "2031-05-04T12:02:00Z"}
        assert at.hub.readers("regatta") == at.hub.readers() == 1
        assert at.hub.last_delivery("regatta") is not None


async def test_each_form_is_what_its_subprotocol_says() -> None:
    history = HistoryInMemory()
    async with (
        hub_server(history) as at,
        at.connect(form="stoppress.v1.html") as page,
        at.connect(form="stoppress.v1.json") as app,
        at.connect(form="mqtt") as stranger,
        at.connect() as plain,
    ):
        assert page.subprotocol == "stoppress.v1.html"
        assert app.subprotocol == "stoppress.v1.json"
        assert stranger.subprotocol is plain.subprotocol is None
        for reader in (page, app, stranger, plain):
            assert (await receive(reader))["type"] == "hello"
        history.publish("gust")
        assert (await receive(page))["html"] == "<article id=gust>1 of 1</article>"
        for reader in (app, stranger, plain):
            assert (await receive(reader))["post"]["id"] == "gust"


async def test_a_reader_resumes_from_the_ring_with_the_changes_it_lacks_compacted() -> None:
    history = HistoryInMemory()
    cursor = history.publish("a")
    async with hub_server(history) as at:
        async with at.connect() as reader:
            await receive(reader)
            history.publish("b", "a", "b")
            history.remove("a")
            for _ in range(4):
                await receive(reader)
        at.history.asked.clear()
        async with at.connect(cursor) as back:
            hello = await receive(back)
            assert (hello["cursor"], hello["resumed"]) == (str(cursor), True)
            assert [(m["type"], m["cursor"]) for m in [await receive(back), await receive(back)]] == [
                ("post", "e1.4"),
                ("remove", "e1.5"),
            ]
        assert "since" not in at.history.asked
        assert at.metric("stoppress_resumes_total", kind="ring") == 1


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


async def test_a_restarted_hub_recalls_the_last_changes() -> None:
    history = HistoryInMemory()
    history.publish(*(f"p{number}" for number in range(50)))
    async with hub_server(history) as at, at.connect("e1.48") as reader:
        await receive(reader)
        assert (await receive(reader))["cursor"] == "e1.49"
        assert at.metric("stoppress_resumes_total", kind="ring") == 1
        assert "since" not in history.asked


@pytest.mark.parametrize(("cursor", "reason"), [("other.3", "epoch"), ("e1.99", "ahead")])
async def test_a_cursor_that_leads_nowhere_is_reset(cursor: str, reason: str) -> None:
    history = HistoryInMemory()
    head = history.publish("a", "b")
    async with hub_server(history) as at, at.connect(cursor) as reader:
        hello, reset = await receive(reader), await receive(reader)
        # Were it cut off between the two, it would come back with its own cursor, and be reset then.
        assert (hello["resumed"], hello["cursor"]) == (False, cursor)
        assert reset == {"type": "reset", "cursor": str(head), "reason": reason}
        history.publish("c")
        assert (await receive(reader))["post"]["id"] == "c"
        assert at.metric("stoppress_resumes_total", kind="reset") == 1


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


async def test_a_blog_begun_anew_resets_its_readers_and_goes_on() -> None:
    history = HistoryInMemory()
    history.publish("a", "b")
    async with hub_server(history) as at, at.connect() as reader:
        await receive(reader)
        history.begin(a_blog(title="Lake regatta, second day"))
        assert await receive(reader) == {"type": "reset", "cursor": "e2.0", "reason": "epoch"}
        history.publish("c")
        assert (await receive(reader))["cursor"] == "e2.1"
        async with at.connect("e1.1") as late:
            assert (await receive(late))["blog"]["title"] == "Lake regatta, second day"
            assert (await receive(late))["reason"] == "epoch"


async def test_a_history_set_back_resets_its_readers() -> None:
    history = HistoryInMemory()
    history.publish("a", "b", "c")
    async with hub_server(history) as at, at.connect() as reader:
        await receive(reader)
        del history.records["regatta"][1:]
        assert await receive(reader) == {"type": "reset", "cursor": "e1.1", "reason": "ahead"}


async def test_a_deleted_blog_closes_with_4404_and_is_unknown_then() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at:
        async with at.connect() as reader:
            history.delete()
            assert await closed(reader) == 4404
        status, _, problem = await at.http("/v1/blogs/regatta/socket")
        assert (status, problem["detail"]) == (404, "there is no blog 'regatta'")


@pytest.mark.parametrize("status", ["ended", "archived"])
async def test_an_ended_blog_says_so_and_closes_with_1000(status: str) -> None:
    history = HistoryInMemory()
    history.publish("a")
    async with hub_server(history) as at:
        async with at.connect() as reader:
            await receive(reader)
            history.change(status=status)
            message = await receive(reader)
            assert (message["type"], message["blog"]["status"]) == ("blog", status)
            assert await closed(reader) == 1000
        async with at.connect("e1.0") as late:
            assert [(await receive(late))["type"] for _ in range(3)] == ["hello", "post", "blog"]
            assert await closed(late) == 1000


async def test_heartbeats_carry_the_head_and_the_readers() -> None:
    history = HistoryInMemory()
    head = history.publish("a")
    async with hub_server(history, heartbeat=0.2) as at, at.connect() as one, at.connect():
        await receive(one)
        for _ in range(3):
            async with asyncio.timeout(5):
                message = json.loads(await one.recv())
            assert message == {"type": "heartbeat", "cursor": str(head), "readers": 2}


@pytest.mark.parametrize("cursor", ["", "nonsense", "e1.", "e1.-1", "e1.01", "e%20.1", "e1.1&cursor=e1.2"])
async def test_a_bad_cursor_is_named(cursor: str) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, headers, problem = await at.http(f"/v1/blogs/regatta/socket?cursor={cursor}")
        assert (status, headers["content-type"]) == (400, "application/problem+json")
        assert [error["parameter"] for error in problem["errors"]] == ["cursor"]
        assert "expected" in problem["detail"]
        assert at.metric("stoppress_refusals_total", reason="request") == 1


@pytest.mark.parametrize("path", ["/", "/v1/blogs/regatta", "/v1/blogs//socket", "/v1/blogs/a%2Fb/socket"])
async def test_there_is_no_socket_elsewhere(path: str) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, _, problem = await at.http(path)
        assert (status, problem["status"], problem["title"]) == (404, 404, "Not found")


@pytest.mark.parametrize("blog", ["nowhere", "..", "%00", "a" * 65])
async def test_an_unknown_blog_is_404(blog: str) -> None:
    async with hub_server(HistoryInMemory()) as at:
        assert (await at.http(f"/v1/blogs/{blog}/socket"))[0] == 404


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Sec-WebSocket-Version": "8"}, 400),
        ({"Sec-WebSocket-Version": ""}, 400),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"X-Much": "x" * 20_000}, 431),
    ],
)
async def test_a_broken_handshake_is_refused(headers: dict[str, str], expected: int) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, found, problem = await at.http("/v1/blogs/regatta/socket", headers)
        assert (status, problem["status"]) == (expected, expected)
        if expected == 400:
            assert found["sec-websocket-version"] == "13"
        assert at.hub.readers() == 0


@pytest.mark.parametrize(
    "headers", [{}, {"X-Noise": "n" * 5_000, "X-More": "n" * 5_000}], ids=["the short way", "the long way"]
)
@pytest.mark.parametrize(
    ("query", "name"),
    [("after=e1.1", "after"), ("cursor=e1.1&heartbeat=15", "heartbeat"), ("token", "token"), ("form=html", "form")],
)
async def test_an_unknown_parameter_is_refused_before_the_upgrade(
    query: str, name: str, headers: dict[str, str]
) -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, _, problem = await at.http(f"/v1/blogs/regatta/socket?{query}", headers)
        assert (status, problem["errors"][0]["parameter"]) == (400, name)
        # The query is judged first: it says nothing of which blogs there are.
        assert (await at.http(f"/v1/blogs/nope/socket?{query}", headers))[0] == 400
        assert at.hub.readers() == 0


async def test_without_upgrade_the_address_answers_426() -> None:
    async with hub_server(HistoryInMemory()) as at:
        status, headers, problem = await at.http("/v1/blogs/regatta/socket", {"Upgrade": "", "Connection": "close"})
        assert (status, headers["upgrade"], problem["status"]) == (426, "websocket", 426)
        assert headers["sec-websocket-version"] == "13"


async def test_pages_of_other_origins_are_refused_where_origins_are_set() -> None:
    async with hub_server(HistoryInMemory(), origins="https://news.example.org") as at:
        status, _, problem = await at.http("/v1/blogs/regatta/socket", {"Origin": "https://elsewhere.example"})
        assert (status, problem["title"]) == (403, "Forbidden")
        for origin in ("https://news.example.org", f"http://127.0.0.1:{at.port}", None):
            async with at.connect(origin=origin) as reader:
                assert (await receive(reader))["type"] == "hello"


async def test_a_full_hub_answers_503_with_retry_after_until_a_reader_goes() -> None:
    async with hub_server(HistoryInMemory(), readers_max=1) as at:
        async with at.connect() as reader:
            await receive(reader)
            status, headers, problem = await at.http("/v1/blogs/regatta/socket")
            assert (status, headers["retry-after"]) == (503, str(problem["retry_after"]))
            assert at.metric("stoppress_refusals_total", reason="full") == 1
        await at.until(lambda: at.hub.readers() == 0, "the reader is gone")
        async with at.connect() as next_one:
            assert (await receive(next_one))["type"] == "hello"


async def test_a_rush_is_answered_503_and_asks_nothing_of_the_store() -> None:
    history = HistoryInMemory()
    # The one blog that the first reader has opened is asked about no more, so whatever is asked is of the refused.
    async with hub_server(history, handshakes_per_second=1, verify=3_600) as at, at.connect() as reader:
        await receive(reader)
        asked = list(history.asked)
        refused = [await at.http(f"/v1/blogs/{blog}/socket") for blog in ("regatta", "other")]
        assert {status for status, _, _ in refused} == {503}
        assert all(1 <= int(headers["retry-after"]) <= 5 for _, headers, _ in refused)
        assert at.metric("stoppress_refusals_total", reason="rush") == 2
        assert history.asked == asked
        assert at.hub.readers() == 1


async def test_an_address_behind_a_proxy_has_its_own_limit() -> None:
    async with hub_server(HistoryInMemory(), readers_per_address=1) as at:
        async with at.connect(additional_headers={"X-Forwarded-For": "192.0.2.1"}) as reader:
            await receive(reader)
            path = "/v1/blogs/regatta/socket"
            assert (await at.http(path, {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}))[0] == 503
            async with at.connect(additional_headers={"X-Forwarded-For": "192.0.2.2"}) as other:
                assert (await receive(other))["type"] == "hello"


async def test_a_store_out_of_reach_is_503_and_nothing_is_kept_of_the_reader() -> None:
    history = HistoryInMemory()
    history.cut(Unavailable("the store is away"))
    async with hub_server(history, readers_max=1) as at:
        for _ in range(3):
            status, headers, problem = await at.http("/v1/blogs/regatta/socket")
            assert (status, problem["detail"]) == (503, "the store is away")
            assert int(headers["retry-after"]) > 0


async def test_a_channel_closes_some_time_after_its_last_reader() -> None:
    async with hub_server(HistoryInMemory(), linger=0.05) as at:
        async with at.connect() as reader:
            await receive(reader)
            assert at.metric("stoppress_blogs_followed") == 1
        await at.until(lambda: at.metric("stoppress_blogs_followed") == 0, "the channel is closed")
        async with at.connect() as reader:
            assert (await receive(reader))["type"] == "hello"


async def _opened(at: HubServer, cursor: Cursor) -> dict[str, Any]:
    async with at.connect(cursor) as reader:
        return await receive(reader)
