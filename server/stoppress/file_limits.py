"""Room for the files that readers are: each of them is an open descriptor.

The kernel keeps a process's descriptors in a table that it doubles when it is full. Where there are several threads,
each doubling waits until all processors have passed a quiet point (`synchronize_rcu` in Linux's fs/file.c), and so does
whoever accepts that connection: 5 to 30 ms each time, for the whole event loop.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource

_BESIDE = 500  # requests, pictures, libraries; what is open at the start is among them

_log = logging.getLogger("stoppress")


def make_room(readers: int, connections: int) -> int:
    """Let this process open a file for each of `readers`, `connections` to the store and some hundred requests: raise
    its own limit (RLIMIT_NOFILE, the soft one) if need be, and have the table grown at once, before readers come.

    Returns how many readers there is room for: fewer than asked, which is logged, where the hard limit is lower.
    """
    wanted = readers + connections + _BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    _grow(most)
    if most == wanted:
        return readers
    room = max(0, most - connections - _BESIDE)
    _log.warning(
        "%d files may be open here (ulimit -Hn): it takes %d readers, not STOPPRESS_READERS_MAX=%d, which needs %d",
        most,
        room,
        readers,
        wanted,
    )
    return room


def _grow(most: int) -> None:
    """The table never shrinks: it keeps the size that its highest descriptor once needed."""
    lowest = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.close(fcntl.fcntl(lowest, fcntl.F_DUPFD_CLOEXEC, most - 1))
    finally:
        os.close(lowest)
