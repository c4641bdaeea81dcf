"""The embedded store with other programs than the packaged Valkey: Debian's Redis, and a Valkey under another name.

`make test-stores` runs every test of the store with each of them.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from stoppress.errors import Unavailable
from stoppress.store.embedded.binary import find_binary
from stoppress.store.embedded.server import EmbeddedValkey
from store.embedded.owners import OwnerProcess, processes_in

pytestmark = [pytest.mark.redis_server, pytest.mark.server]

Store = Callable[[str], EmbeddedValkey]


@pytest.fixture
def copied_valkey(short_folder: Path) -> str:
    """The default program, copied to where nobody looks for it, under a name that says nothing."""
    copy = short_folder / "a-store-of-our-own-that-has-a-long-name"
    shutil.copy(find_binary(None).path, copy)
    return str(copy)


@pytest.fixture(params=["redis-server", "copied valkey"])
def program(request: pytest.FixtureRequest) -> str:
    return "redis-server" if request.param == "redis-server" else request.getfixturevalue("copied_valkey")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Makes the store of one folder with a program. It is stopped at the end."""
    made = []

    def make(program: str) -> EmbeddedValkey:
        made.append(EmbeddedValkey(tmp_path, program))
        return made[-1]

    yield make
    for embedded in made:
        embedded.stop()
    assert processes_in(tmp_path / "valkey") == []


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def test_it_runs_and_says_so(store: Store, program: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    embedded = store(program)
    embedded.start()
    expected = find_binary(program)
    assert f"The embedded store runs {expected.name} {expected.version} ({expected.path})" in caplog.text
    with client(embedded.url) as c:
        assert c.info("server")["executable"] == expected.path
        assert c.config_get("appendfsync") == {"appendfsync": "always"}


def test_what_was_acknowledged_outlives_owner_and_store(store: Store, program: str, tmp_path: Path) -> None:
    killed = OwnerProcess(tmp_path, "start", program)
    with client(killed.url) as c:
        for number in range(100):
            c.set(f"post:{number}", "acknowledged")
    os.kill(killed.valkey_pid, signal.SIGKILL)
    killed.kill()
    embedded = store(program)
    embedded.start()
    with client(embedded.url) as c:
        assert c.dbsize() == 100


def test_the_same_program_is_taken_over(store: Store, program: str, tmp_path: Path) -> None:
    killed = OwnerProcess(tmp_path, "start", program)
    killed.kill()
    embedded = store(program)
    embedded.start()
    assert embedded.pid == killed.valkey_pid


def test_a_command_uses_what_runs_whatever_its_own_setting_says(store: Store, program: str, tmp_path: Path) -> None:
    serving = OwnerProcess(tmp_path, "start", program)
    command = store("/nowhere/valkey-server")
    command.attach()
    assert command.url == serving.url
    command.stop()
    serving.end()


def test_another_program_replaces_what_was_left_and_reads_what_it_wrote(
    store: Store, copied_valkey: str, tmp_path: Path
) -> None:
    killed = OwnerProcess(tmp_path, "start", "redis-server")
    with client(killed.url) as c:
        c.set("headline", "Bridge opens")
    killed.kill()
    embedded = store(copied_valkey)
    embedded.start()
    assert processes_in(tmp_path / "valkey") == [embedded.pid] != [killed.valkey_pid]
    with client(embedded.url) as c:
        assert c.get("headline") == "Bridge opens"


def test_a_folder_of_a_newer_server_is_refused_with_a_way_out(store: Store, copied_valkey: str) -> None:
    if find_binary(None).name != "Valkey" or not find_binary("redis-server").version.startswith("7."):
        pytest.skip("needs a Valkey as the default program, and a redis-server that can't read what Valkey writes")
    newer = store(copied_valkey)
    newer.start()
    newer.stop()
    with pytest.raises(Unavailable, match=r"Redis 7\..* can't read what another server wrote .*STOPPRESS_STORE_BINARY"):
        store("redis-server").start()


def test_other_systems_are_refused_by_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    for begin in (store("redis-server").start, store("redis-server").attach):
        with pytest.raises(Unavailable, match=r"needs Linux, but this is darwin.*brew install valkey.*REDIS_URL"):
            begin()


def serve(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
    environment |= {f"STOPPRESS_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "stoppress", "serve", "--port", "0", "--data", str(data)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_finds_no_store_ends_with_one_line(tmp_path: Path, workers: str) -> None:
    refused = serve(tmp_path, store_binary="/nowhere/valkey-server", workers=workers)
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert line.startswith("Error: STOPPRESS_STORE_BINARY=/nowhere/valkey-server: there is no file")


def test_a_stale_socket_in_the_folder_is_replaced(store: Store, program: str, tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir(mode=0o700)
    leave_a_socket(tmp_path / "valkey" / "valkey.sock")
    embedded = store(program)
    embedded.start()
    with client(embedded.url) as c:
        assert c.ping()


def test_a_stale_socket_as_the_store_s_address_is_one_line(short_folder: Path) -> None:
    leave_a_socket(short_folder / "stale.sock")
    refused = serve(short_folder, redis_url=f"unix://{short_folder}/stale.sock")
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert f"{short_folder}/stale.sock" in line and "Connection refused" in line


def leave_a_socket(path: Path) -> None:
    """A socket in the file system that nobody listens on any more."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
