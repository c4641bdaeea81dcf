"""One server under many readers: what a delivery, a reader and a handshake take, and when each reader had a message."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from servers import Server


@dataclass(frozen=True)
class Figures:
    """Microseconds, bytes and milliseconds, as named.

    CPU a delivery is the median message's: now and then the kernel puts the load generator on the server's own
    processor for the length of a message, which then costs a switch for each reader.
    """

    name: str
    readers: int
    size: int
    delivery_us: float
    delivery_user_us: float
    reader_bytes: float
    handshake_us: float
    wire_bytes: float
    first_ms: float
    median_ms: float
    p99_ms: float
    last_ms: float
    missing: int
    double: int
    stop_ms: float


class Load:
    """bench/load.c, running."""

    def __init__(self, program: str, server: Server, readers: int) -> None:
        self._process = subprocess.Popen(
            [program, str(server.port), server.path, str(readers), *server.headers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | server.environment,
        )
        self.ramp = self._answer("open")[1]

    def _answer(self, word: str) -> list[float]:
        assert self._process.stdout
        line = self._process.stdout.readline().split()
        if not line or line[0] != word:
            raise RuntimeError(f"the load generator failed: {line}")
        return [float(value) for value in line[1:]]

    def got(self, publish: Callable[[], float]) -> list[float]:
        """first, median, p99, last, missing, double, bytes; the times in seconds since the message was handed over.

        Whether a server answers the publisher before or after all readers have it makes no difference to what the
        readers do meanwhile, and so to what their being woken costs the server.
        """
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        self._answer("going")
        since = publish()
        *times, missing, double, size = self._answer("got")
        return [*(time - since for time in times), missing, double, size]

    def close(self) -> None:
        """Let all connections go."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def settled(server: Server) -> None:
    """Return when the server has nothing more to do for the moment."""
    before = -1.0
    while (now := server.cpu()[0]) - before > 0.005:
        before = now
        time.sleep(0.25)


def measure(server: Server, load_program: str, *, readers: int, size: int = 1369, times: int = 10) -> Figures:
    """Let `readers` in, publish `times`."""
    server.publish(600)
    settled(server)
    server.stops()  # a first look at the metrics is a stop itself
    settled(server)
    calm = server.stops()
    cpu, memory = server.cpu()[0], server.memory()
    load = Load(load_program, server, readers)
    try:
        settled(server)
        handshake = (server.cpu()[0] - cpu) / readers
        reader = (server.memory() - memory) / readers
        load.got(lambda: server.publish(size))  # a first one warms up
        settled(server)
        before = at = server.cpu()
        got, spent = [], []
        for _ in range(times):
            got.append(load.got(lambda: server.publish(size)))
            now = server.cpu()
            spent.append(now[0] - at[0])
            at = now
        stops = [bound for (bound, n), (_, then) in zip(server.stops(), calm, strict=True) if n > then]
    finally:
        load.close()
    first, median, p99, last, missing, double, size_on_wire = (list(column) for column in zip(*got, strict=True))
    return Figures(
        server.name,
        readers,
        size,
        statistics.median(spent) / readers * 1e6,
        (at[1] - before[1]) / times / readers * 1e6,
        reader,
        handshake * 1e6,
        statistics.median(size_on_wire) / readers,
        statistics.median(first) * 1e3,
        statistics.median(median) * 1e3,
        max(p99) * 1e3,
        statistics.median(last) * 1e3,
        int(sum(missing)),
        int(sum(double)),
        max(stops, default=0.0) * 1e3,
    )
