"""Limits what a child process may take, called in the child. The server starts such children for strangers' input."""

from __future__ import annotations

import os
import resource
from contextlib import suppress

_NICE = 5  # children yield to the event loops of this machine


def limit_this_process(*, memory: int, cpu: int | None = None) -> None:
    """Limit this process's address space to `memory` bytes, and lower its priority.

    `cpu` is the most seconds of CPU time that the process may take from its start. Above that the kernel ends it, with
    SIGXCPU and one second later with SIGKILL. Further calls with the same limits change nothing.
    """
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    if cpu is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # Linux only: where memory runs out, this process goes before the server
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write("1000")
    os.nice(max(0, _NICE - os.nice(0)))
