"""Owners of an embedded store, in processes of their own that a test may kill."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from waiting import PATIENCE

# An owner in a process of its own: it says where its Valkey is, and ends in order when its input closes.
OWNER = """
import sys
from pathlib import Path
from stoppress.errors import Unavailable
from stoppress.store.embedded.server import EmbeddedValkey
valkey = EmbeddedValkey(Path(sys.argv[1]), sys.argv[3] or None)
try:
    getattr(valkey, sys.argv[2])()
except Unavailable as error:
    print("refused", error, flush=True)
    raise SystemExit(1)
print(valkey.url, valkey.pid, flush=True)
sys.stdin.read()
valkey.stop()
"""


class OwnerProcess:
    """An owner that has started, or was refused. `said` is its line: the store's address and pid, or why not."""

    def __init__(self, folder: Path, how: str, binary: str | None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(folder), how, binary or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().strip()

    @property
    def url(self) -> str:
        """The address of its store."""
        return self.said.split()[0]

    @property
    def valkey_pid(self) -> int:
        """The process of its store."""
        return int(self.said.split()[1])

    def kill(self) -> None:
        """SIGKILL: its store goes on."""
        self.process.kill()
        self.end()

    def end(self) -> None:
        """End it in order, and its store with it."""
        self.process.communicate(timeout=PATIENCE)


def processes_in(folder: Path) -> list[int]:
    """The pids of the processes whose working directory is `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.path.samefile(entry / "cwd", folder):
                found.append(int(entry.name))
    return found
