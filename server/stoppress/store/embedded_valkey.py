"""The embedded store: a Valkey of its own in the data folder, reached by its unix socket only.

Two locks (folder_lock.FolderLock) in `DATA/valkey/` say all there is to know:

    owner.lock    held by the one process that runs this folder: a `stoppress serve`, or a command for a moment.
                  Says who, and where the socket is.
    valkey.lock   held by Valkey itself, which inherits the locked file. As long as any Valkey lives on the folder,
                  even one whose owner was killed, no second can be started: whoever wants to start one needs this.

So the owner that finds valkey.lock taken has met a Valkey that outlived its owner. It takes it over if it answers,
works in this very folder and writes as surely as ours would; else it ends it first (valkey_processes.py).

Every write is in the append-only file, and fsynced, before Valkey answers. With that policy Valkey ends itself when
a write fails (a full disk), so that nothing is acknowledged wrongly; a thread then starts it again until it can.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from urllib.parse import quote

from stoppress.errors import Unavailable
from stoppress.store.folder_lock import FolderLock, Owner, make_private, socket_path
from stoppress.store.valkey_processes import PATIENCE, ValkeyProcesses, client, readable

log = logging.getLogger(__name__)

# Every write is in the append-only file, and fsynced, before Valkey answers. Snapshots (RDB) would add nothing.
DURABILITY = {"appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory": "0"}
OPTIONS = {
    "aof-load-truncated": "yes",  # a copy that ends in the middle of a write loses that write, which nobody was told of
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}
POLL = 0.02  # seconds between two looks at something that changes in milliseconds
RESTART_DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before each new start of a Valkey that ended; the last repeats


class EmbeddedValkey:
    """The Valkey of one data folder. `start` and `stop` block: call them in a thread.

    `url`, once started, is for redis-py: `unix:///…/valkey.sock`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.url = ""
        self._home = self.folder / "valkey"
        self._owner = FolderLock(self._home / "owner.lock")
        self._valkey_lock = FolderLock(self._home / "valkey.lock")
        self._pid = 0
        self._socket = Path()
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._valkeys = ValkeyProcesses(self._home, DURABILITY, OPTIONS, self._pause)
        self._wake = -1
        self._supervisor: threading.Thread | None = None

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
            if owner and not owner.brief and self._valkeys.is_ours(Path(owner.socket)):
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
            if self._supervisor:
                os.eventfd_write(self._wake, 1)
                self._supervisor.join()
                os.close(self._wake)
                self._supervisor = None
            if self._pid:
                self._valkeys.end(self._pid)
                self._pid = 0
            self._valkeys.reap()
            self._owner.release()
            self.url = ""
            self._stopping.clear()

    @property
    def busy(self) -> bool:
        """Whether a start, an attach or a stop is under way."""
        return self._changing.locked()

    @property
    def pid(self) -> int:
        """Valkey's process, or 0 while we own none."""
        return self._pid

    def _own(self, *, brief: bool) -> None:
        before = self._owner.owner()
        try:
            if self._valkey_lock.take():
                self._begin(brief=brief)
            elif before and self._valkeys.is_ours(Path(before.socket)):
                self._adopt(Path(before.socket), brief=brief)
            else:
                self._end_what_was_left()
                self._begin(brief=brief)
            self._wake = os.eventfd(0)
            self._supervisor = threading.Thread(target=self._supervise, name="valkey-watch", daemon=True)
            self._supervisor.start()
        except BaseException:
            self._valkey_lock.leave()
            self._owner.release()
            raise

    def _begin(self, *, brief: bool) -> None:
        self._socket = socket_path(self._home, "valkey.sock")
        self._owner.sign(Owner(os.getpid(), brief, str(self._socket)))
        self._pid = self._valkeys.launch(self._socket, self._valkey_lock)
        self.url = _url(self._socket)

    def _adopt(self, socket: Path, *, brief: bool) -> None:
        self._owner.sign(Owner(os.getpid(), brief, str(socket)))
        with client(socket) as valkey:
            self._pid = int(valkey.info("server")["process_id"])
        self._socket = socket
        self.url = _url(socket)
        log.info("took over the Valkey that was left running in %s, process %d", self._home, self._pid)

    def _end_what_was_left(self) -> None:
        """End the Valkey that holds valkey.lock, and take that."""
        for pid in self._valkeys.here():
            log.warning("ending the Valkey that was left running in %s, process %d", self._home, pid)
            self._valkeys.end(pid)
        deadline = time.monotonic() + PATIENCE
        while not self._valkey_lock.take():
            if time.monotonic() > deadline:
                raise Unavailable(f"A process that can't be found holds {self._valkey_lock.path}; `fuser` names it.")
            self._pause()

    def _supervise(self) -> None:
        """Start Valkey again whenever it ends without being told to."""
        while not self._stopping.is_set():
            if self._pid:
                try:
                    pidfd = os.pidfd_open(self._pid)
                except ProcessLookupError:
                    pass
                else:
                    readable(pidfd, self._wake)
                    os.close(pidfd)
                if self._stopping.is_set():
                    return
                self._pid = 0
                self._valkeys.reap()
                log.error("Valkey ended by itself in %s: %s", self._home, self._valkeys.last_log_lines())
            self._start_again()

    def _start_again(self) -> None:
        attempt = 0
        while not self._stopping.wait(RESTART_DELAYS[min(attempt, len(RESTART_DELAYS) - 1)]):
            attempt += 1
            try:
                if self._valkey_lock.take():
                    self._pid = self._valkeys.launch(self._socket, self._valkey_lock)
                    log.warning("Valkey runs again in %s, process %d", self._home, self._pid)
                    return
            except Unavailable as error:
                if not self._stopping.is_set():
                    log.error("%s", error)

    def _pause(self) -> None:
        if self._stopping.wait(POLL):
            raise Unavailable(f"The store in {self.folder} was stopped while it started.")


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"
