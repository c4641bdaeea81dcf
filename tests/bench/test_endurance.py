"""What `make drain`, `make chaos`, `make soak` and `make stalled` run for long, in short: every reader's every word is
checked, and each ends with 1 when something was missing or double."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BENCH = Path(__file__).parents[2] / "bench"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def run(name: str, *options: str) -> str:
    """What the program printed."""
    command = [sys.executable, str(BENCH / f"{name}.py"), "--port", str(free_port()), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


GOOD = "0 missing, 0 double, 0 resets; 0 hold something other"


def test_a_process_at_the_same_port_takes_over_and_nobody_misses_a_change(tmp_path: Path) -> None:
    report = tmp_path / "drain.md"
    short = ("--grace", "2", "--spread", "2", "--every", "0.1")
    said = run("drain", "--readers", "200", *short, "--report", str(report))
    assert f"200 readers: {GOOD}" in said
    assert "| readers that got `bye` | 200 |" in said
    assert report.with_suffix(".svg").read_text().startswith("<svg ")


def test_a_killed_worker_costs_nobody_anything() -> None:
    assert f"200 readers: {GOOD}" in run("chaos", "--readers", "200", "--changes", "20")


def test_memory_stays_flat_while_readers_come_go_and_stall() -> None:
    said = run("soak", "--readers", "300", "--seconds", "20", "--every", "0.1", "--growth", "16")
    assert f"75 readers: {GOOD}" in said
    assert "flat)" in said


def test_stalled_readers_keep_nothing_from_the_others() -> None:
    said = run("stalled", "--readers", "200", "--stalled", "40", "--rounds", "1")
    for line in said.splitlines():
        if line.startswith(("| without ", "| with ")):
            assert line.endswith("| 0 |"), "nobody missed a post"


@pytest.mark.parametrize("name", ["drain", "chaos", "soak", "stalled"])
def test_each_says_what_it_does(name: str) -> None:
    done = subprocess.run([sys.executable, str(BENCH / f"{name}.py"), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--readers" in done.stdout
