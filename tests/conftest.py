"""What every test may use: real servers to keep blogs on, a clock to turn, and callers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import redis as blocking_redis
from hypothesis import settings as hypothesis_settings

from parallel import OneDemandingFileAtATime
from programs import mark_by_fixtures, refuse_unmarked
from stoppress.settings import Settings
from stoppress.store.embedded.server import EmbeddedValkey
from stoppress.store.redis_store import RedisStore
from stoppress.token_scopes import SCOPES, Caller
from waiting import PATIENCE, until

# No example has a deadline: a busy machine must not fail a test.
hypothesis_settings.register_profile("stoppress", deadline=None)
hypothesis_settings.load_profile("stoppress")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--store-binary NAME`: the embedded store of the tests runs this program (`make test-stores`)."""
    parser.addoption("--store-binary", help="a path, or a name on PATH, as in STOPPRESS_STORE_BINARY")


EDITOR = Caller("editor", frozenset(SCOPES))

_running: list[pytest.Item] = []  # the test that runs, or nothing
sys.addaudithook(lambda event, arguments: refuse_unmarked(_running[-1] if _running else None, event, arguments))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs an outside program (programs.py)."""
    mark_by_fixtures(item)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneDemandingFileAtATime:
    """How pytest-xdist divides the tests between its workers."""
    return OneDemandingFileAtATime(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Say which test runs, for the check that it carries the marker of each program that it starts."""
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for a unix socket, whatever pytest's own is."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def store_binary(request: pytest.FixtureRequest) -> str | None:
    """The program that the embedded store runs, as the setting store_binary names it."""
    named: str | None = request.config.getoption("--store-binary")
    return named


@pytest.fixture(scope="session")
def valkey_url(store_binary: str | None) -> Iterator[str]:
    """The embedded Valkey, as `stoppress serve` starts it."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder:
        embedded = EmbeddedValkey(Path(folder), store_binary)
        embedded.start()
        yield embedded.url
        embedded.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Debian's redis-server, on a socket of its own."""
    program = shutil.which("redis-server")
    assert program, "these tests need redis-server; `make test` installs it, or says how"
    with tempfile.TemporaryDirectory(prefix="sp-") as folder:
        socket = Path(folder) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", "", "--appendonly", "yes"]
        process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        with blocking_redis.Redis(unix_socket_path=str(socket)) as client:
            until(lambda: socket.exists() and bool(client.ping()), "redis-server answers")
        yield f"unix://{socket}"
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="session", params=["valkey", "redis"])
def server_url(request: pytest.FixtureRequest) -> str:
    """Each kind of server in turn: what a test says of the store holds on all of them."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@cache
def default_settings() -> Settings:
    """The settings without any from outside. They are made once: it takes 3 ms, and most tests have a store."""
    return Settings()


def _emptied(url: str) -> None:
    with blocking_redis.Redis.from_url(url) as client:
        client.flushall()


@pytest.fixture
def keys_on_server(server_url: str) -> Callable[[str], list[str]]:
    """Which keys of the server match a pattern (SCAN's MATCH)."""

    def matching(pattern: str) -> list[str]:
        with blocking_redis.Redis.from_url(server_url, decode_responses=True) as client:
            return sorted(client.scan_iter(pattern))

    return matching


@pytest.fixture
async def any_store(server_url: str) -> AsyncIterator[RedisStore]:
    """An empty store, on each kind of server."""
    _emptied(server_url)
    store = RedisStore(server_url, default_settings())
    yield store
    await store.close()


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[RedisStore]:
    """An empty store on the embedded server."""
    _emptied(valkey_url)
    store = RedisStore(valkey_url, default_settings())
    yield store
    await store.close()


@dataclass
class Clock:
    """A clock that stands until it is turned."""

    at: datetime = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        """By seconds=, minutes=, hours= …"""
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()
