"""The programs that tests start, and the marker that a test needs for each.

`make test-fast` leaves out every test that starts one of them. A test gets the marker from a fixture (`FIXTURES`) or
its folder (`FOLDERS`), or has it itself. A test that starts a program without its marker fails: `refuse_unmarked` is an
audit hook, which Python calls before each start (https://docs.python.org/3/library/audit_events.html,
`subprocess.Popen`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest

# The programs by the marker that they need. pyproject.toml describes the markers.
PROGRAMS = {
    "browser": ("chromium", "chromium-browser", "google-chrome"),
    "caddy": ("caddy",),
    "node": ("node", "npm", "npx"),
    "redis_server": ("redis-server",),
    "zensical": ("zensical",),
}
# Python modules that run as a program of their own.
MODULES = {"server": "stoppress", "s3": "moto.server"}
MARKERS = frozenset({*PROGRAMS, *MODULES})
# Fixtures that start a program, by the marker that each test with the fixture gets.
FIXTURES = {"browser": "browser", "page": "browser", "redis_url": "redis_server", "s3": "s3"}
# Folders whose tests all start a server.
FOLDERS = {"tests/e2e/": "server"}


class UnmarkedProgram(AssertionError):
    """A test was about to start a program without the marker for it."""


def marker_for(command: Sequence[str]) -> str | None:
    """The marker that a test needs to start this command; None if it needs none."""
    program, *arguments = command
    for marker, names in PROGRAMS.items():
        if os.path.basename(program) in names:
            # Playwright drives the browser by a Node of its own.
            return "browser" if os.path.join("playwright", "driver") in program else marker
    if arguments[:1] == ["-m"]:
        return next((marker for marker, module in MODULES.items() if module == arguments[1]), None)
    return "server" if os.path.basename(program) == "stoppress" else None


def mark_by_fixtures(item: pytest.Item) -> None:
    """Give `item` the markers of its fixtures and folder, and `outside` if it has the marker of any program."""
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in FIXTURES:
            item.add_marker(FIXTURES[fixture])
    for folder, marker in FOLDERS.items():
        if item.nodeid.startswith(folder):
            item.add_marker(marker)
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if parameters.get("server_url") == "redis":
        item.add_marker("redis_server")
    if any(item.get_closest_marker(marker) for marker in MARKERS):
        item.add_marker("outside")


def refuse_unmarked(item: pytest.Item | None, event: str, arguments: tuple[Any, ...]) -> None:
    """Raise UnmarkedProgram if `item`, the test that runs, is about to start a program and lacks its marker."""
    if item is None or event != "subprocess.Popen":
        return
    given = arguments[1]
    command = [given] if isinstance(given, str | bytes | os.PathLike) else given
    marker = marker_for([os.fsdecode(part) for part in command])
    if marker and item.get_closest_marker(marker) is None:
        raise UnmarkedProgram(f"{item.nodeid} starts {os.fsdecode(command[0])}: mark it with pytest.mark.{marker}")
