"""Who may come in, what is counted, and what is left of a reader that may not."""

from __future__ import annotations

import pytest

from hub.history import HistoryInMemory
from hub.serving import hub_server, receive
from stoppress.errors import Unavailable

pytestmark = pytest.mark.anyio


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
