"""The embedded store: a Valkey in the data folder, accessible only by its unix socket.

"Valkey" here also means a Redis of version 7.0 or newer: binary.py says which program it is.

Two locks (folder_lock.FolderLock) in `DATA/valkey/` decide who may use the folder:

    owner.lock    held by the one process that uses this folder: a `stoppress serve`, or briefly a command. The file
                  says which process that is, and where the socket is.
    valkey.lock   held by Valkey itself, which inherits the locked file. A new Valkey needs this lock, so none can be
                  started while another lives on the folder, even one whose owner was killed.

So an owner that finds valkey.lock taken knows that a Valkey has outlived its owner. It takes that Valkey over if it
answers, works in this folder, is the same program, and has the same durability options. Otherwise it ends it first
(processes.py).

Valkey writes each change to the append-only file, and fsyncs it, before it answers. With that policy Valkey exits when
a write fails (a full disk), so nothing is acknowledged that was not written. A thread then restarts it until it
succeeds.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

from stoppress.errors import Unavailable
from stoppress.store.embedded.binary import StoreBinary, find_binary
from stoppress.store.embedded.folder_lock import FolderLock, Owner
from stoppress.store.embedded.private_folder import make_private, socket_path
from stoppress.store.embedded.processes import LOCK, PATIENCE, ValkeyProcesses, client, readable

log = logging.getLogger(__name__)

POLL = 0.02  # seconds between two checks of something that changes within milliseconds
RESTART_DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before each restart of a Valkey that has exited; the last repeats


class EmbeddedValkey:
    """The Valkey of one data folder. `start`, `attach` and `stop` block: call them in a thread.

    `binary` is the setting store_binary (binary.py). `url`, once started, is the address for redis-py:
    `unix:///…/valkey.sock`. It refuses writes while its data takes more than `memory` bytes; 0 means no limit.
    """

    def __init__(self, folder: Path, binary: str | None = None, *, memory: int = 0) -> None:
        self.folder = Path(os.path.abspath(folder))
        self._memory = memory
        self.url = ""
        self._home = self.folder / "valkey"
        self._owner = FolderLock(self._home / "owner.lock")
        self._valkey_lock = FolderLock(self._home / LOCK)
        self._wanted = binary
        self._binary = StoreBinary("", "Valkey", "")
        self._pid = 0
        self._socket = Path()
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._valkeys = ValkeyProcesses(self._home, memory, self._pause)
        self._wake = -1
        self._supervisor: threading.Thread | None = None

    def start(self) -> None:
        """Take the folder, and return once its Valkey answers.

        Raises:
            Unavailable: another process has the folder (the message names both), the folder can't be used, there is no
                program to run, or Valkey does not start (the message has the end of its log).
        """
        with self._changing:
            _need_linux()
            make_private(self._home)
            self._take_ownership()
            self._own(brief=False)

    def _take_ownership(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._owner.take():
            owner = self._owner.owner()
            # A command soon releases the folder, and a new owner may not have written its name yet.
            if (owner and owner.alive and not owner.brief) or time.monotonic() > deadline:
                raise Unavailable(
                    f"The data folder {self.folder} is in use by another Stop Press, process "
                    f"{owner.pid if owner else 'unknown'}. Stop it, or use another folder (--data, STOPPRESS_DATA)."
                )
            self._pause()

    def attach(self) -> None:
        """Use the folder's Valkey if another process runs it. Otherwise own the folder until `stop`.

        Raises:
            Unavailable: as `start` does.
        """
        with self._changing:
            _need_linux()
            make_private(self._home)
            if not self._join():
                self._own(brief=True)

    def _join(self) -> bool:
        """True once a running owner's Valkey answers. False if there was no owner, and this process has become it."""
        deadline = time.monotonic() + PATIENCE
        while not self._owner.take():
            owner = self._owner.owner()
            if owner and not owner.brief and self._valkeys.is_ours(Path(owner.socket)):
                self.url = _url(Path(owner.socket))
                return True
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Process {owner.pid if owner else 'unknown'} holds the data folder {self.folder}, "
                    "but its store does not answer. Stop that process and try again."
                )
            self._pause()
        return False

    def stop(self) -> None:
        """End the Valkey if this process owns it, and release the folder. All acknowledged writes stay on disk."""
        self._stopping.set()  # a start that is running in another thread gives up
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
        """Whether a start, attach or stop is running."""
        return self._changing.locked()

    @property
    def pid(self) -> int:
        """The pid of the Valkey that this process owns, or 0."""
        return self._pid

    def _own(self, *, brief: bool) -> None:
        before = self._owner.owner()
        try:
            self._binary = find_binary(self._wanted)
            if self._valkey_lock.take():
                self._begin(brief=brief)
            elif before and self._valkeys.is_ours(Path(before.socket), self._binary):
                self._adopt(Path(before.socket), brief=brief)
            else:
                self._end_what_was_left()
                self._begin(brief=brief)
            log.info("The embedded store runs %s, process %d", self._binary, self._pid)
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
        self._pid = self._valkeys.launch(self._binary, self._socket, self._valkey_lock)
        self.url = _url(self._socket)

    def _adopt(self, socket: Path, *, brief: bool) -> None:
        self._owner.sign(Owner(os.getpid(), brief, str(socket)))
        with client(socket) as valkey:
            self._pid = int(valkey.info("server")["process_id"])
            valkey.config_set("maxmemory", self._memory)
        self._socket = socket
        self.url = _url(socket)
        log.info("Took over the Valkey that was left running in %s, process %d", self._home, self._pid)

    def _end_what_was_left(self) -> None:
        """End the Valkey that holds valkey.lock, and take the lock."""
        for pid in self._valkeys.here():
            log.warning("Stopping the Valkey that was left running in %s, process %d", self._home, pid)
            self._valkeys.end(pid)
        deadline = time.monotonic() + PATIENCE
        while not self._valkey_lock.take():
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"An unknown process holds {self._valkey_lock.path}. Find it with `fuser`, and stop it."
                )
            self._pause()

    def _supervise(self) -> None:
        """Restart Valkey whenever it exits unexpectedly, until `stop`."""
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
                log.error(
                    "%s in %s exited unexpectedly; restarting it. Its log ends: %s",
                    self._binary.name,
                    self._home,
                    self._valkeys.last_log_lines(),
                )
            self._start_again()

    def _start_again(self) -> None:
        attempt = 0
        while not self._stopping.wait(RESTART_DELAYS[min(attempt, len(RESTART_DELAYS) - 1)]):
            attempt += 1
            try:
                if self._valkey_lock.take():
                    self._pid = self._valkeys.launch(self._binary, self._socket, self._valkey_lock)
                    log.warning("%s in %s is running again, process %d", self._binary.name, self._home, self._pid)
                    return
            except Unavailable as error:
                if not self._stopping.is_set():
                    log.error("%s", error)

    def _pause(self) -> None:
        if self._stopping.wait(POLL):
            raise Unavailable(f"The store in {self.folder} was stopped while it was starting.")


def _need_linux() -> None:
    if sys.platform != "linux":  # pidfds and eventfds
        raise Unavailable(
            f"The embedded store needs Linux, but this is {sys.platform}. Run a Valkey yourself (`brew install "
            "valkey`, or a container), and set STOPPRESS_REDIS_URL to its address."
        )


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"
