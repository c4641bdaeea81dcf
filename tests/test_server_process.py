"""uvicorn's server as Stop Press runs it: when it is ready, and in which order it stops."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from stoppress import known_uvicorn
from stoppress.app import build
from stoppress.listener import listen
from stoppress.logging_setup import set_up_logging
from stoppress.server_process import Server, stop_on_signals, uvicorn_config
from stoppress.settings import Settings
from waiting import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    """The collector sees again what a server took out of its sight."""
    yield
    gc.unfreeze()


@contextmanager
def handlers_kept() -> Iterator[None]:
    """SIGINT and SIGTERM are handled as before, afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Readers:
    """Readers who leave at the drain, and what holds while they do."""

    def __init__(self) -> None:
        self.port = 0
        self.ready = asyncio.Event()
        self.seen: list[str] = []

    async def drain(self) -> None:
        self.seen.append("ready" if self.ready.is_set() else "not ready")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            self.seen.append("accepting")
        except ConnectionRefusedError:
            self.seen.append("closed")


@pytest.mark.parametrize(("shared", "door"), [(True, "closed"), (False, "accepting")])
async def test_it_is_ready_until_it_stops_and_leaves_a_shared_port_before_its_readers_go(
    shared: bool, door: str
) -> None:
    readers, stop = Readers(), threading.Event()
    config = uvicorn.Config(PlainTextResponse("served"), lifespan="off", log_config=None)
    server = Server(config, readers.drain, readers.ready, stop, shared=shared)
    assert not readers.ready.is_set() and not server.port.done()
    settings = Settings.model_validate(
        {"host": "127.0.0.1", "port": 0, "share_port": shared, "redis_url": "redis://127.0.0.1"}
    )
    running = asyncio.create_task(server.serve([listen(settings, silence=60)]))
    async with asyncio.timeout(PATIENCE):
        readers.port = await asyncio.shield(server.port)
        assert readers.ready.is_set()
        stop.set()
        await running
    assert readers.seen == ["not ready", door]


async def test_a_signal_that_came_before_it_listened_is_not_forgotten() -> None:
    readers, stop = Readers(), threading.Event()
    stop.set()
    config = uvicorn.Config(PlainTextResponse("served"), lifespan="off", log_config=None)
    server = Server(config, readers.drain, readers.ready, stop, shared=False)
    settings = Settings.model_validate({"host": "127.0.0.1", "port": 0})
    async with asyncio.timeout(PATIENCE):
        await server.serve([listen(settings, silence=60)])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_sets_the_event_and_ends_nothing(number: signal.Signals) -> None:
    with handlers_kept():
        stop = stop_on_signals()
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.is_set()


async def test_the_access_log_is_as_the_settings_say() -> None:
    logger = logging.getLogger("uvicorn.access")
    before = logger.disabled
    try:
        set_up_logging(Settings.model_validate({"access_log": False}))
        assert logger.disabled
        set_up_logging(Settings.model_validate({"access_log": True}))
        assert not logger.disabled
    finally:
        logger.disabled = before


@pytest.mark.parametrize(
    ("version", "fast_path", "fast"), [("0.54.3", True, True), ("0.99.0", True, False), ("0.54.3", False, False)]
)
async def test_an_unknown_uvicorn_serves_by_the_ordinary_path_with_one_warning(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    valkey_url: str,
    tmp_path: Path,
    version: str,
    fast_path: bool,
    fast: bool,
) -> None:
    monkeypatch.setattr(known_uvicorn, "version", lambda _: version)
    settings = Settings.model_validate({"redis_url": valkey_url, "data": tmp_path, "fast_path": fast_path})
    async with build(settings, None, lambda: True) as app:
        config = uvicorn_config(settings, app)
    assert (config.http != "auto", config.ws != "auto") == (fast, fast)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    expected = "The fast path is off (expected uvicorn >=0.54,<0.55, but got 0.99.0)"
    assert [warning.startswith(expected) for warning in warnings] == ([True] if version == "0.99.0" else [])
