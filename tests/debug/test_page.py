"""`/debug`: only requests that come straight from this machine get an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from stoppress.debug.page import PATH, debug_route
from stoppress.debug.state import ChannelState, PageCacheState, ProcessState, RingState

pytestmark = pytest.mark.anyio

LOOPBACK = "127.0.0.1"
BROWSER = {"accept": "text/html,*/*"}
STATE = ProcessState(
    process=4711,
    role="all",
    tail="waiting for changes",
    failed_reads=0,
    store="answers",
    channels=(
        ChannelState(
            blog="regatta",
            status="live",
            cursor="e1.7",
            epoch="e1",
            ring=RingState(start=2, head=7, events=5, most_events=1000, bytes=640, most_bytes=8000),
            sockets={"<html>: live": 3},
            streams=1,
            elsewhere=12,
            lag=None,
            restarts=0,
            hellos=1,
            last_delivery=None,
        ),
    ),
    private_channels=1,
    page_cache=PageCacheState(pages=2, bytes=1234, most_bytes=9999),
)


async def state() -> ProcessState:
    return STATE


async def get(
    headers: Mapping[str, str] | None = None, *, peer: str = LOOPBACK, url: str = "http://127.0.0.1:8000"
) -> httpx2.Response:
    """The answer to a request from `peer`, behind the middleware that believes every proxy."""
    site: Any = Starlette(routes=[debug_route(state)])
    application: Any = ProxyHeadersMiddleware(site, trusted_hosts="*")
    transport = httpx2.ASGITransport(application, client=(peer, 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url=url) as client:
        return await client.get(PATH, headers=headers)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
async def test_this_machine_sees_the_state_and_nobody_caches_it(peer: str, url: str) -> None:
    answer = await get(peer=peer, url=url)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["channels"][0]["ring"] == {
        "start": 2,
        "head": 7,
        "events": 5,
        "most_events": 1000,
        "bytes": 640,
        "most_bytes": 8000,
    }


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "testclient", ""])
async def test_another_machine_gets_404(peer: str) -> None:
    assert (await get(peer=peer)).status_code == 404


@pytest.mark.parametrize("peer", [LOOPBACK, "192.0.2.1"])
@pytest.mark.parametrize("claimed", [LOOPBACK, "::1", "192.0.2.1", ""])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Host"])
async def test_what_a_proxy_forwards_gets_404_whatever_address_it_claims(header: str, claimed: str, peer: str) -> None:
    assert (await get({header: claimed}, peer=peer)).status_code == 404


@pytest.mark.parametrize("url", ["http://live.example.org", "http://192.0.2.1", "http://localhost.example.org"])
async def test_a_request_for_another_host_gets_404(url: str) -> None:
    assert (await get(url=url)).status_code == 404


async def test_a_page_of_any_origin_gets_404() -> None:
    assert (await get({"Origin": "http://127.0.0.1:8000"})).status_code == 404


async def test_a_browser_gets_a_page_with_every_value_escaped() -> None:
    answer = await get(BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for shown in ("4711", "regatta", "e1.7", "from 2 to 7", "5 of 1000 changes", "640 of 8000 bytes", "unknown"):
        assert shown in answer.text
    assert "&lt;html&gt;: live: 3" in answer.text
