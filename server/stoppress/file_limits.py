"""Makes room for open files. Each reader needs a file descriptor.

The kernel keeps a process's descriptors in a table, and doubles the table when it is full. In a process with several
threads, each doubling waits until all processors have passed a quiescent state (`synchronize_rcu` in Linux's
fs/file.c), and so does the thread that accepts the connection: 5 to 30 ms each time, for the whole event loop.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
from typing import NamedTuple

_BESIDE = 500  # descriptors for requests, pictures and libraries, including those that are open at the start
_WAITING_SHARE, _WAITING_LEAST = 5, 20  # where room is scarce, waiting connections get a fifth of it, but at least 20

_log = logging.getLogger("stoppress")


class Room(NamedTuple):
    """For how many there are descriptors."""

    readers: int
    waiting: int  # connections without a complete request


def make_room(readers: int, connections: int, waiting: int = 0) -> Room:
    """Let this process open a file for each of `readers`, `connections` to the store, and some hundred requests.

    `waiting` connections without a complete request (connection_deadlines.py) have room as well.

    Raises the process's soft limit (RLIMIT_NOFILE) if necessary, and makes the kernel grow the table at once, before
    readers arrive.

    Returns for how many there is room. That is less than asked for if the hard limit is too low, which is logged.
    """
    wanted = readers + connections + waiting + _BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    _grow(most)
    if most == wanted:
        return Room(readers, waiting)
    left = max(0, most - connections - _BESIDE)
    waiting = min(waiting, max(left // _WAITING_SHARE, _WAITING_LEAST))
    room = Room(max(0, min(readers, left - waiting)), waiting)
    _log.warning(
        "The limit of %d open files (ulimit -Hn) allows only %d readers; STOPPRESS_READERS_MAX=%d needs a limit of %d",
        most,
        room.readers,
        readers,
        wanted,
    )
    return room


def _grow(most: int) -> None:
    """Grow the descriptor table. It never shrinks, so opening one high descriptor once is enough."""
    lowest = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.close(fcntl.fcntl(lowest, fcntl.F_DUPFD_CLOEXEC, most - 1))
    finally:
        os.close(lowest)
