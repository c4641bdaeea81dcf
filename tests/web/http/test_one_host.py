"""The middleware that refuses a wrong host in other ASGI servers; test_fast_path.py has the fast path."""

from __future__ import annotations

import httpx2
import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("hosts", [["live.example", "evil.example"], ["evil.example/x"]])
async def test_an_application_refuses_a_wrong_host(anybody: httpx2.AsyncClient, hosts: list[str]) -> None:
    answer = await anybody.get("/healthz", headers=[("Host", host) for host in hosts])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "Host"


async def test_one_host_is_served(anybody: httpx2.AsyncClient) -> None:
    assert (await anybody.get("/healthz", headers={"Host": "live.example:8000"})).status_code == 200
