"""The wiring: every part is there, and ready only once connections are accepted."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from stoppress.app import build
from stoppress.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("role", ["all", "api", "hub"])
async def test_a_server_of_each_role_is_ready_when_its_port_is(valkey_url: str, tmp_path: Path, role: str) -> None:
    settings = Settings.model_validate(
        {"redis_url": valkey_url, "data": tmp_path, "role": role, "admin_token": "the-operators-own-and-nobody-elses"}
    )
    accepting = False
    async with build(settings, None, lambda: accepting) as app:
        transport = httpx2.ASGITransport(app.application)
        headers = {"Authorization": "Bearer the-operators-own-and-nobody-elses"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as operator:
            assert (await operator.get("/readyz")).status_code == 503
            accepting = True
            assert (await operator.get("/readyz")).status_code == 200
            assert (await operator.get("/v1/audit")).status_code == (421 if role == "hub" else 200)
    assert app.token.text == "the-operators-own-and-nobody-elses"


@pytest.mark.parametrize(("debug", "status"), [(True, 200), (False, 404)])
async def test_the_state_is_shown_only_when_the_settings_say_so(
    valkey_url: str, tmp_path: Path, debug: bool, status: int
) -> None:
    settings = Settings.model_validate({"redis_url": valkey_url, "data": tmp_path, "debug": debug})
    async with build(settings, None, lambda: True) as app:
        transport = httpx2.ASGITransport(app.application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as developer:
            answer = await developer.get("/debug")
    assert answer.status_code == status
    assert answer.headers["content-type"] == ("application/json" if debug else "application/problem+json")
