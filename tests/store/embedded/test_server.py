"""The embedded Valkey, with real processes: owners that are killed, owners that meet, and what they leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from stoppress.errors import Unavailable
from stoppress.store.embedded.private_folder import SOCKET_PATH_MAX
from stoppress.store.embedded.server import EmbeddedValkey
from store.embedded.owners import OWNER, OwnerProcess, processes_in
from waiting import PATIENCE


@pytest.fixture
def nothing_left_running(tmp_path: Path) -> Iterator[None]:
    yield
    for folder in tmp_path.rglob("valkey"):
        assert processes_in(folder) == []


@pytest.fixture
def owner(
    tmp_path: Path, nothing_left_running: None, store_binary: str | None
) -> Iterator[Callable[..., OwnerProcess]]:
    owners: list[OwnerProcess] = []

    def begin(folder: Path = tmp_path, how: str = "start") -> OwnerProcess:
        owners.append(OwnerProcess(folder, how, store_binary))
        return owners[-1]

    yield begin
    for process in owners:
        process.end()


@pytest.fixture
def valkey(tmp_path: Path, nothing_left_running: None, store_binary: str | None) -> Iterator[EmbeddedValkey]:
    embedded = EmbeddedValkey(tmp_path, store_binary)
    yield embedded
    embedded.stop()


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def eventually(condition: Callable[[], bool], *, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.01)


def test_it_listens_on_its_socket_alone_and_writes_to_disk_before_it_answers(
    valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    valkey.start()
    assert valkey.url == f"unix://{tmp_path}/valkey/valkey.sock"
    with client(valkey.url) as c:
        assert c.config_get("port", "appendonly", "appendfsync", "save") == {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
    assert stat.S_IMODE((tmp_path / "valkey").stat().st_mode) == 0o700


def test_what_was_written_is_there_after_stop_and_start(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    valkey.start()
    with client(valkey.url) as c:
        c.set("headline", "Bridge opens")
    valkey.stop()
    assert processes_in(tmp_path / "valkey") == []
    valkey.start()
    with client(valkey.url) as c:
        assert c.get("headline") == "Bridge opens"


def test_the_next_owner_takes_over_what_a_killed_one_left_running(
    valkey: EmbeddedValkey, tmp_path: Path, owner: Callable[..., OwnerProcess]
) -> None:
    killed = owner()
    with client(killed.url) as c:
        c.set("headline", "Bridge opens")
    killed.kill()
    assert processes_in(tmp_path / "valkey") == [killed.valkey_pid]

    valkey.start()
    assert valkey.pid == killed.valkey_pid
    assert processes_in(tmp_path / "valkey") == [killed.valkey_pid]
    with client(valkey.url) as c:
        assert c.get("headline") == "Bridge opens"
    valkey.stop()
    assert processes_in(tmp_path / "valkey") == []


def test_one_left_running_with_a_weaker_policy_is_ended_and_another_started(
    valkey: EmbeddedValkey, tmp_path: Path, owner: Callable[..., OwnerProcess]
) -> None:
    killed = owner()
    with client(killed.url) as c:
        c.set("headline", "Bridge opens")
        c.config_set("appendfsync", "everysec")
    killed.kill()

    valkey.start()
    assert processes_in(tmp_path / "valkey") == [valkey.pid] != [killed.valkey_pid]
    with client(valkey.url) as c:
        assert c.get("headline") == "Bridge opens"
        assert c.config_get("appendfsync") == {"appendfsync": "always"}


def test_one_left_running_that_can_not_be_reached_is_ended(
    valkey: EmbeddedValkey, tmp_path: Path, owner: Callable[..., OwnerProcess]
) -> None:
    killed = owner()
    killed.kill()
    (tmp_path / "valkey" / "valkey.sock").unlink()
    valkey.start()
    assert processes_in(tmp_path / "valkey") == [valkey.pid] != [killed.valkey_pid]


def test_owner_and_valkey_both_killed_lose_nothing(valkey: EmbeddedValkey, owner: Callable[..., OwnerProcess]) -> None:
    killed = owner()
    with client(killed.url) as c:
        for number in range(100):
            c.set(f"post:{number}", "acknowledged")
    os.kill(killed.valkey_pid, signal.SIGKILL)
    killed.kill()
    valkey.start()
    with client(valkey.url) as c:
        assert c.dbsize() == 100


def test_a_valkey_that_dies_is_started_again_at_the_same_address(valkey: EmbeddedValkey) -> None:
    valkey.start()
    before = valkey.pid, valkey.url
    with client(valkey.url) as c:
        c.set("headline", "Bridge opens")
    os.kill(valkey.pid, signal.SIGKILL)

    def answers() -> bool:
        with contextlib.suppress(redis.RedisError), client(valkey.url) as c:
            return bool(c.get("headline") == "Bridge opens")
        return False

    eventually(answers)
    eventually(lambda: valkey.pid not in (0, before[0]))
    assert valkey.url == before[1]


def test_a_second_owner_is_refused_with_the_folder_and_the_pid(
    tmp_path: Path, owner: Callable[..., OwnerProcess]
) -> None:
    first = owner()
    second = owner()
    assert second.said.startswith("refused")
    assert str(tmp_path) in second.said and str(first.process.pid) in second.said
    with client(first.url) as c:
        assert c.ping()


def test_a_command_uses_the_running_one_and_leaves_it_running(
    valkey: EmbeddedValkey, owner: Callable[..., OwnerProcess]
) -> None:
    serving = owner()
    valkey.attach()
    assert valkey.url == serving.url and valkey.pid == 0
    valkey.stop()
    with client(serving.url) as c:
        assert c.ping()


def test_a_command_starts_it_for_a_moment_when_none_runs(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    valkey.attach()
    with client(valkey.url) as c:
        c.set("token", "kept")
    valkey.stop()
    assert processes_in(tmp_path / "valkey") == []


def test_two_commands_at_once_take_turns(valkey: EmbeddedValkey, owner: Callable[..., OwnerProcess]) -> None:
    first = owner(how="attach")
    done = threading.Event()

    def second() -> None:
        valkey.attach()
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not done.wait(0.2)
    first.end()
    assert done.wait(PATIENCE)
    thread.join()
    with client(valkey.url) as c:
        assert c.ping()


def test_serve_waits_for_a_command_to_finish(valkey: EmbeddedValkey, owner: Callable[..., OwnerProcess]) -> None:
    command = owner(how="attach")
    thread = threading.Thread(target=valkey.start)
    thread.start()
    command.end()
    thread.join(PATIENCE)
    with client(valkey.url) as c:
        assert c.ping()


def test_stop_ends_a_start_that_is_under_way(valkey: EmbeddedValkey, owner: Callable[..., OwnerProcess]) -> None:
    owner(how="attach")
    refusals: list[Unavailable] = []

    def start() -> None:
        try:
            valkey.start()
        except Unavailable as error:
            refusals.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    eventually(lambda: valkey.busy)
    valkey.stop()
    thread.join(PATIENCE)
    assert "was stopped" in str(refusals[0])


@pytest.mark.parametrize("said", ["", "not json", '{"pid": 1}', '{"pid": 1, "brief": false, "socket": "/nowhere"}'])
def test_what_a_lock_file_says_of_the_dead_counts_for_nothing(
    valkey: EmbeddedValkey, tmp_path: Path, said: str
) -> None:
    (tmp_path / "valkey").mkdir(mode=0o700)
    (tmp_path / "valkey" / "owner.lock").write_text(said)
    valkey.start()
    with client(valkey.url) as c:
        assert c.ping()


def test_a_deep_folder_gets_a_short_private_one_for_its_socket_that_later_processes_find(
    tmp_path: Path,
    short_folder: Path,
    owner: Callable[..., OwnerProcess],
    monkeypatch: pytest.MonkeyPatch,
    store_binary: str | None,
) -> None:
    deep = tmp_path / ("deep " * 20).strip() / ("deeper" * 10)
    runtime = short_folder / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    killed = owner(deep)
    assert killed.url.startswith(f"unix://{runtime}/stoppress-")
    socket = Path(killed.url.removeprefix("unix://"))
    assert len(os.fsencode(socket)) <= SOCKET_PATH_MAX
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    killed.kill()

    monkeypatch.delenv("XDG_RUNTIME_DIR")  # as for a service and a shell of the same user
    found = EmbeddedValkey(deep, store_binary)
    found.start()
    assert (found.url, found.pid) == (killed.url, killed.valkey_pid)
    found.stop()


def test_a_short_folder_that_others_may_enter_is_not_trusted(
    tmp_path: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch, store_binary: str | None
) -> None:
    deep = tmp_path / ("d" * 120)
    runtime = short_folder / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    valkey = EmbeddedValkey(deep, store_binary)
    valkey.start()
    valkey.stop()
    [short] = runtime.iterdir()
    short.chmod(0o777)
    with pytest.raises(Unavailable, match="another user owns it or may enter it"):
        valkey.start()


def test_a_file_in_the_folder_s_place_is_named(tmp_path: Path, store_binary: str | None) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(Unavailable, match=f"{tmp_path}/data"):
        EmbeddedValkey(tmp_path / "data", store_binary).start()


def test_a_damaged_append_only_file_is_told_in_valkey_s_own_words(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    valkey.start()
    valkey.stop()
    [manifest] = (tmp_path / "valkey" / "appendonlydir").glob("*.manifest")
    manifest.write_text("damage\n")
    with pytest.raises(Unavailable, match="(?i)manifest"):
        valkey.start()
    assert processes_in(tmp_path / "valkey") == []


def test_a_disk_that_takes_nothing_more_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    no_byte_more = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n{OWNER}"
    said = subprocess.run(
        [sys.executable, "-c", no_byte_more, str(tmp_path), "start", ""],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert said.stdout.startswith(f"refused The file {tmp_path}/valkey/owner.lock can't be written")


def test_a_memory_limit_holds_for_a_valkey_that_is_started_or_taken_over(
    tmp_path: Path, owner: Callable[..., OwnerProcess]
) -> None:
    owner().kill()  # its Valkey outlives it, without a limit
    for limit in (20_000_000, 30_000_000):
        embedded = EmbeddedValkey(tmp_path, memory=limit)
        embedded.start()
        with client(embedded.url) as valkey:
            assert valkey.config_get("maxmemory") == {"maxmemory": str(limit)}
        embedded.stop()
