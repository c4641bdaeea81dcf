"""The Valkey processes of one folder: start one, recognise one, end one.

A pid in a file is never trusted. Processes are found by their working directory and by valkey.lock, which they hold
open, and are signalled through a pidfd, which can't be recycled. The name of a process is not checked, because the
embedded store may run any Valkey or Redis (binary.py).
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stoppress.errors import Unavailable
from stoppress.store.embedded.binary import StoreBinary
from stoppress.store.embedded.folder_lock import FolderLock
from stoppress.store.embedded.options import DURABILITY, arguments
from stoppress.store.embedded.private_folder import is_private

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds to wait for another process, or for Valkey to open its socket
STOP_PATIENCE = 10.0  # seconds from SIGTERM to SIGKILL; Valkey flushes and ends in milliseconds
LOCK = "valkey.lock"  # in the folder; see server.py
LOG_MAX = 1_000_000  # bytes; if valkey.log is larger, the next start replaces it


class ValkeyProcesses:
    """The Valkey processes of the folder `home`. All methods block.

    Each may use `memory` bytes for its data; see options.arguments.

    `pause` is called between two checks of something that changes within milliseconds, and may raise to end the wait.
    """

    def __init__(self, home: Path, memory: int, pause: Callable[[], None]) -> None:
        self.home = home
        self._memory = memory
        self._pause = pause
        self._child: subprocess.Popen[bytes] | None = None

    def launch(self, binary: StoreBinary, socket: Path, lock: FolderLock) -> int:
        """Start the program so that it listens on `socket`, hand it the lock, and return its pid once it answers.

        Raises:
            Unavailable: with the end of its log.
        """
        log_path = self.home / "valkey.log"
        try:
            socket.unlink(missing_ok=True)
            fresh = not log_path.exists() or log_path.stat().st_size > LOG_MAX
            with log_path.open("wb" if fresh else "ab") as output:
                self._child = subprocess.Popen(
                    [binary.path, *arguments(self.home, socket, self._memory)],
                    cwd=self.home,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(lock.fd,),
                    # Ctrl-C in the terminal must not reach Valkey: this process ends it after the last write.
                    start_new_session=True,
                )
        except OSError as error:
            raise Unavailable(f"{binary} can't be started in {self.home}: {error}.") from error
        finally:
            lock.leave()
        try:
            self._wait_until_it_answers(binary, socket, self._child)
        except BaseException:
            self.end(self._child.pid)
            self.reap()
            raise
        return self._child.pid

    def _wait_until_it_answers(self, binary: StoreBinary, socket: Path, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        with client(socket) as valkey:
            while True:
                try:
                    valkey.ping()
                    return
                except redis.BusyLoadingError:
                    deadline = time.monotonic() + PATIENCE  # loading a long append-only file takes time
                except (redis.ConnectionError, redis.TimeoutError):
                    pass
                if (code := process.poll()) is not None:
                    raise Unavailable(
                        f"{binary.name} in {self.home} exited at its start, code {code}: {self._why_it_exited(binary)}"
                    )
                if time.monotonic() > deadline:
                    raise Unavailable(f"{binary.name} in {self.home} does not answer: {self.last_log_lines()}")
                self._pause()

    def _why_it_exited(self, binary: StoreBinary) -> str:
        said = self.last_log_lines()
        if match := re.search(r"Can't handle RDB format version \d+", said):
            return (
                f"{binary} can't read what another server wrote here ({match[0]}). Name that server in "
                "STOPPRESS_STORE_BINARY, or move each blog with `stoppress export` and `stoppress import`."
            )
        return said

    def is_ours(self, socket: Path, binary: StoreBinary | None = None) -> bool:
        """Whether a server that works in this folder, with our durability options, answers at `socket`.

        If `binary` is given, the server must also be that program in that version.
        """
        if not is_private(socket.parent):
            return False
        try:
            with client(socket) as valkey:
                valkey.ping()
                config = valkey.config_get("dir", "port", *DURABILITY)
                return (
                    all(config[name] == value for name, value in DURABILITY.items())
                    and config["port"] == "0"
                    and os.path.samefile(config["dir"], self.home)
                    and binary in (None, running_binary(valkey))
                )
        except (redis.RedisError, OSError, KeyError):
            return False

    def here(self) -> list[int]:
        """The pids of processes that work in this folder and hold its valkey.lock open."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and os.path.samefile(entry / "cwd", self.home) and self._holds_lock(entry):
                    found.append(int(entry.name))
        return found

    def _holds_lock(self, process: Path) -> bool:
        for fd in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samefile(fd, self.home / LOCK):
                    return True
        return False

    def end(self, pid: int) -> None:
        """End a Valkey with SIGTERM, on which it flushes and exits, or with SIGKILL if it hangs."""
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            # Before the pidfd was opened the process may have exited, and another may have got its pid.
            if not self._is_child(pid) and pid not in self.here():
                return
            for number, patience in ((signal.SIGTERM, STOP_PATIENCE), (signal.SIGKILL, PATIENCE)):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, number)
                if readable(pidfd, timeout=patience):
                    return
                log.warning("Valkey, process %d, did not exit within %g s after %s", pid, patience, number.name)
        finally:
            os.close(pidfd)

    def _is_child(self, pid: int) -> bool:
        """Whether `pid` is our child and still runs. Nobody else can have its pid then."""
        return self._child is not None and self._child.pid == pid and self._child.poll() is None

    def reap(self) -> None:
        """Wait for a child that is exiting, so that it does not remain as a zombie."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(PATIENCE)
            self._child = None

    def last_log_lines(self) -> str:
        """The last lines of the server's log, joined by slashes."""
        try:
            lines = (self.home / "valkey.log").read_text(errors="replace").strip().splitlines()
        except OSError as error:
            return f"its log can't be read ({error})."
        return " / ".join(lines[-3:]) or "its log is empty."


def client(socket: Path) -> redis.Redis:
    """A client for a unix socket. It fails at once instead of retrying."""
    return redis.Redis(
        unix_socket_path=str(socket), decode_responses=True, socket_timeout=5.0, retry=Retry(NoBackoff(), 0)
    )


def running_binary(valkey: redis.Redis) -> StoreBinary:
    """Which program the server is that answers this client, as the server itself says (INFO)."""
    info = valkey.info("server")
    name = "Valkey" if "valkey_version" in info else "Redis"
    return StoreBinary(str(info["executable"]), name, str(info[f"{name.lower()}_version"]))


def readable(*fds: int, timeout: float | None = None) -> bool:
    """Whether any of `fds` becomes readable within `timeout` seconds. A pidfd does when its process exits."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))
