"""`make mutants`, in short: a few mutants of two small modules die, and what it knows of the others still holds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RUN = Path(__file__).parents[2] / "bench" / "mutants" / "run.py"


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """What it printed, and how it ended."""
    return subprocess.run([sys.executable, str(RUN), *options], capture_output=True, text=True, timeout=120)


def test_every_mutant_drawn_of_the_ring_and_of_resuming_is_noticed() -> None:
    done = run("--module", "hub/ring.py", "--module", "resume.py", "--number", "6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^(?:killed|timeout) +(?:hub/ring|resume)\.py:\d+$", done.stdout, re.MULTILINE)) == 6
    assert re.search(r"^6 of \d+ mutants: ", done.stdout, re.MULTILINE)


def test_every_mutant_that_may_survive_is_still_one() -> None:
    done = run("--number", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"^0 of (\d+) mutants", done.stdout, re.MULTILINE)
    assert counted and int(counted[1]) > 1_000, "they are found in every module"
