"""A child process can't take more than it is given."""

from __future__ import annotations

import signal
import subprocess
import sys

LIMIT = "from stoppress.process_limits import limit_this_process as limit; "


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LIMIT + code], capture_output=True, text=True, timeout=60)


def test_a_process_gets_no_more_memory_than_its_limit() -> None:
    assert "MemoryError" in run("limit(memory=2**28); bytearray(2**28)").stderr
    assert run("bytearray(2**28)").returncode == 0


def test_a_process_ends_when_it_has_used_its_cpu_time() -> None:
    assert run("limit(memory=2**28, cpu=1)\nwhile True: pass").returncode == -signal.SIGXCPU


def test_a_second_call_lowers_the_priority_no_further() -> None:
    code = "import os; limit(memory=2**28); once = os.nice(0); limit(memory=2**28); print(once, os.nice(0))"
    once, twice = run(code).stdout.split()
    assert int(once) >= 5 and once == twice
