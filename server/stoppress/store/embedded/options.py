"""The options that the embedded Valkey is started with."""

from __future__ import annotations

from pathlib import Path

# Valkey writes to the append-only file, and fsyncs it, before it answers. Snapshots (RDB) would add nothing.
DURABILITY = {"appendonly": "yes", "appendfsync": "always", "save": ""}


def arguments(home: Path, socket: Path, memory: int) -> list[str]:
    """The command line of a Valkey that stores in the folder `home` and listens on `socket`, without the program.

    It refuses writes while its data takes more than `memory` bytes; 0 means no limit.
    """
    options = {
        **DURABILITY,
        "aof-load-truncated": "yes",  # a file that ends within a write loses that write, which was never acknowledged
        "no-appendfsync-on-rewrite": "no",
        "maxmemory": str(memory),
        "maxmemory-policy": "noeviction",
        "dir": str(home),
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "daemonize": "no",
        "loglevel": "notice",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]
