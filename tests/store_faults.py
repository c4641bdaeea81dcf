"""A real Redis that can be made to fail, and a proxy in front of it that swallows, cuts and delays."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis as blocking_redis

from waiting import until


class FaultyRedis:
    """Debian's redis-server on a port of its own, and each way in which it may refuse writes."""

    REFUSALS = ("full", "read-only", "without replicas", "without disk")

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        assert program, "these tests need redis-server; `make test` installs it, or says how"
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        options = ["--port", str(self.port), "--dir", str(folder), "--save", "3600 1000000", "--appendonly", "no"]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        self.client = blocking_redis.Redis(port=self.port, decode_responses=True)
        until(self.client.ping, "redis-server answers")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def refuse(self, how: str) -> None:
        """Refuse writes from now on."""
        match how:
            case "full":
                self.client.config_set("maxmemory", 1)
            case "read-only":
                self.client.replicaof("127.0.0.1", 1)
            case "without replicas":
                self.client.config_set("min-replicas-to-write", 1)
            case "without disk":
                shutil.rmtree(self._folder)
                self.client.bgsave()
                until(lambda: self.client.info()["rdb_last_bgsave_status"] == "err", "a snapshot has failed")

    def accept(self) -> None:
        """Accept writes again."""
        self.client.config_set("maxmemory", 0)
        self.client.config_set("min-replicas-to-write", 0)
        self.client.config_set("stop-writes-on-bgsave-error", "no")
        self.client.replicaof("NO", "ONE")

    def stop(self) -> None:
        """Answer nothing until `go_on`: SIGSTOP."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait(10)


@contextmanager
def faulty_redis() -> Iterator[FaultyRedis]:
    with tempfile.TemporaryDirectory(prefix="sp-", ignore_cleanup_errors=True) as folder:
        server = FaultyRedis(Path(folder))
        try:
            yield server
        finally:
            server.close()


class FaultyNetwork:
    """A TCP proxy to a port of this machine.

    While it swallows, it takes connections and bytes and passes nothing on, and connections that lived through that
    never carry anything again, as after a firewall has forgotten them.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"
        self._swallows = False
        self._dead: set[socket.socket] = set()
        self._live: set[socket.socket] = set()
        self.delay = 0.0  # seconds before each answer
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        self._swallows = True
        self._dead |= self._live

    def mend(self) -> None:
        """New connections get through."""
        self._swallows = False

    def cut(self) -> None:
        """Every connection ends now; new ones get through."""
        for end in tuple(self._live):
            _shut(end)

    def close(self) -> None:
        _shut(self._listener)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                near.close()
                continue
            self._live |= {near, far}
            if self._swallows:
                self._dead |= {near, far}
            for source, sink, delayed in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._carry, args=(source, sink, delayed), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, delayed: bool) -> None:
        try:
            while data := source.recv(65_536):
                if delayed and self.delay:
                    time.sleep(self.delay)  # the fault itself: a slow network
                if source not in self._dead:
                    sink.sendall(data)
        except OSError:
            pass
        _shut(sink)
        self._live.discard(source)
        source.close()


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
