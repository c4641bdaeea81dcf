"""A server does not load what only other commands need."""

from __future__ import annotations

import subprocess
import sys


def test_a_server_loads_no_load_test() -> None:
    program = (
        "import sys; from stoppress.cli import commands; import click;"
        "commands.get_command(click.Context(commands), 'serve'); import stoppress.server_process, stoppress.workers;"
        "print(*sorted(name for name in sys.modules if name.startswith('stoppress')))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "stoppress.cli.serve" in loaded
    assert {
        "stoppress.simulated_readers",
        "stoppress.cli.bench",
        "stoppress.cli.capacity",
        "stoppress.cli.tail",
    }.isdisjoint(loaded)
