"""Which tests carry the marker of which program, and that none can do without."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from programs import MARKERS, UnmarkedProgram, marker_for

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("command", "marker"),
    [
        (["/usr/bin/chromium", "--headless"], "browser"),
        (["/x/playwright/driver/node", "cli.js"], "browser"),
        (["node", "--version"], "node"),
        (["caddy", "run"], "caddy"),
        (["/usr/bin/redis-server", "--port", "0"], "redis_server"),
        ([sys.executable, "-m", "stoppress", "serve"], "server"),
        ([".venv/bin/stoppress", "serve"], "server"),
        ([sys.executable, "-m", "moto.server", "-p", "0"], "s3"),
        ([".venv-docs/bin/zensical", "build"], "zensical"),
        ([sys.executable, "-c", "import stoppress"], None),
        (["git", "ls-files"], None),
    ],
)
def test_the_marker_of_a_command(command: list[str], marker: str | None) -> None:
    assert marker_for(command) == marker


@pytest.mark.parametrize("command", [["node", "--version"], [sys.executable, "-m", "stoppress", "--version"]])
def test_a_program_is_not_started_without_its_marker(command: list[str]) -> None:
    with pytest.raises(UnmarkedProgram, match="mark it with pytest.mark"):
        subprocess.run(command, check=False)


@pytest.mark.server
def test_a_program_is_started_with_its_marker() -> None:
    command = [sys.executable, "-m", "stoppress", "--version"]
    assert b"stoppress" in subprocess.run(command, check=True, capture_output=True).stdout


def test_a_fixture_gives_its_marker(request: pytest.FixtureRequest) -> None:
    marked = [item for item in request.session.items if "page" in getattr(item, "fixturenames", ())]
    assert all(item.get_closest_marker("browser") and item.get_closest_marker("outside") for item in marked)


def test_every_marker_is_registered() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    registered = {line.partition(":")[0] for line in settings["markers"]}
    assert registered == {*MARKERS, "outside", "slow"}
