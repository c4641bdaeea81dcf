"""Caddy itself, running a file of deploy/."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
FRESH = {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}


def caddy() -> str:
    """The program."""
    program = shutil.which("caddy")
    assert program, "these tests need caddy; `make test` installs it, or says how"
    return program


def free_port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def proxied(file: str, home: Path, **upstreams: str) -> Iterator[str]:
    """The address of Caddy, running `file` but for its admin endpoint and its grace period. `upstreams` are addresses,
    by the file's variables."""
    port = free_port()
    environment = FRESH | {
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "STOPPRESS_SITE": f"http://127.0.0.1:{port}",
        **{name: url.removeprefix("http://") for name, url in upstreams.items()},
    }
    # Its admin endpoint has a fixed port, on which another Caddy of this machine may listen.
    text = (ROOT / "deploy" / file).read_text()
    caddyfile = home / "Caddyfile"
    caddyfile.write_text(text.replace("grace_period 10s", "grace_period 1s\n\tadmin off", 1))
    with (home / "log").open("wb") as log:
        command = [caddy(), "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: httpx2.get(f"{url}/readyz").status_code == 200, "caddy answers")
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def assert_valid_and_formatted(file: str) -> None:
    """By Caddy's own judgement."""
    path = ROOT / "deploy" / file
    validated = subprocess.run(
        [caddy(), "validate", "--config", str(path), "--adapter", "caddyfile"],
        env=FRESH | {"STOPPRESS_SITE": "live.example.org"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert validated.returncode == 0, validated.stderr
    formatted = subprocess.run([caddy(), "fmt", str(path)], capture_output=True, text=True, timeout=30)
    assert formatted.stdout.rstrip("\n") == path.read_text().rstrip("\n")
