"""Stop Press as an ordinary ASGI application: its lifespan, what mounts it, and what is said when it can't start."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from stoppress.asgi import create_app
from stoppress.settings import Settings
from stoppress.store.redis_store import RedisStore
from waiting import eventually

pytestmark = pytest.mark.anyio
TOKEN = {"Authorization": "Bearer the-operators-own-and-nobody-elses"}


@pytest.fixture
def settings(valkey_url: str, store: RedisStore, tmp_path: Path) -> Settings:
    """Those of a server with an empty store: the fixture `store` has emptied it."""
    return Settings.model_validate(
        {
            "redis_url": valkey_url,
            "data": tmp_path,
            "admin_token": "the-operators-own-and-nobody-elses",
            "trusted_proxies": "192.0.2.7",
        }
    )


async def test_it_serves_within_another_application_whose_lifespan_includes_its_own(settings: Settings) -> None:
    live = create_app(settings)

    async def hello(_: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with live.router.lifespan_context(live):
            yield

    outer = Starlette(routes=[Route("/hello", hello), Mount("/", app=live)], lifespan=lifespan)
    transport = httpx2.ASGITransport(outer)
    async with (
        outer.router.lifespan_context(outer),
        httpx2.AsyncClient(transport=transport, base_url="http://test", headers=TOKEN) as client,
    ):
        assert (await client.get("/hello")).text == "hello"
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.post("/v1/blogs", json={"id": "night", "title": "The night"})).status_code == 201
        assert "The night" in (await client.get("/blogs/night")).text


@pytest.mark.parametrize(("peer", "scheme"), [("192.0.2.7", "https"), ("192.0.2.8", "http")])
async def test_trusted_proxies_are_believed_in_any_server(settings: Settings, peer: str, scheme: str) -> None:
    app = create_app(settings)
    transport = httpx2.ASGITransport(app, client=(peer, 1))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://test", headers=TOKEN) as client,
    ):
        await client.post("/v1/blogs", json={"id": "night", "title": "The night"})
        page = (await client.get("/blogs/night", headers={"X-Forwarded-Proto": "https"})).text
        assert f"{scheme}://test/blogs/night" in page


async def test_by_default_no_forwarded_address_is_believed(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Any process of the machine can connect from 127.0.0.1. It must not choose the address in the audit log."""
    default = settings.model_copy(
        update={"trusted_proxies": Settings.model_fields["trusted_proxies"].default, "audit_addresses": "whole"}
    )
    app = create_app(default)
    transport = httpx2.ASGITransport(app, client=("127.0.0.1", 1))
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://test", headers=TOKEN) as client,
    ):

        async def addresses() -> list[str]:
            entries = (await client.get("/v1/audit")).json()["entries"]
            return [entry["address"] for entry in entries if entry["blog"] == "forged"]

        async def noted() -> bool:
            return bool(await addresses())

        await client.post("/v1/blogs", json={"id": "forged", "title": "The night"}, headers=forged)
        await eventually(noted, "the write is in the audit log")
        assert await addresses() == ["127.0.0.1"]
        assert "http://test/blogs/forged" in (await client.get("/blogs/forged", headers=forged)).text
    warnings = [text for text in caplog.messages if "X-Forwarded-For" in text]
    assert len(warnings) == 1 and "127.0.0.1" in warnings[0] and "STOPPRESS_TRUSTED_PROXIES" in warnings[0]


async def test_without_its_lifespan_it_says_so(settings: Settings) -> None:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(create_app(settings)), base_url="http://test"
    ) as client:
        with pytest.raises(RuntimeError, match="must run its lifespan"):
            await client.get("/")


async def _failed_start(app: Starlette) -> str:
    """What the application tells the ASGI server when it can't start."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app({"type": "lifespan", "state": {}}, receive, send)
    (failed,) = sent
    assert failed["type"] == "lifespan.startup.failed"
    message: str = failed["message"]
    return message


async def test_a_start_that_fails_is_one_line(tmp_path: Path) -> None:
    settings = Settings.model_validate({"redis_url": f"unix://{tmp_path}/nothing.sock", "data": tmp_path})
    message = await _failed_start(create_app(settings))
    assert message.startswith("Stop Press can't start: ") and "\n" not in message


async def test_wrong_settings_are_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPPRESS_VERIFY", "soon")
    monkeypatch.setenv("STOPPRESS_REDIS_URL", "redos://editor:secret@127.0.0.1")
    message = await _failed_start(create_app())
    assert message.startswith("Stop Press can't start: wrong settings: STOPPRESS_REDIS_URL=…: ")
    assert "; STOPPRESS_VERIFY=soon: " in message
    assert "\n" not in message and "secret" not in message


def test_an_old_python_is_named_in_one_line() -> None:
    program = "import sys; sys.version_info = (3, 10, 4); sys.version = '3.10.4 (main)'; import stoppress.asgi"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "Stop Press needs Python 3.11 or newer, but this is Python 3.10.4\n")
