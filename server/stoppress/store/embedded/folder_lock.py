"""Locks that show which process holds a folder."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from stoppress.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a folder.

    `brief` marks a command that releases it soon; `socket` is the path of its store.
    """

    pid: int
    brief: bool
    socket: str

    @property
    def alive(self) -> bool:
        """Whether the process exists."""
        return Path(f"/proc/{self.pid}").exists()


class FolderLock:
    """A lock on a file (flock(2)).

    One process holds it, and the kernel releases it when that process dies, however it dies.

    The file's content says who the owner is. That is a hint for others; only the lock counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The file descriptor of the locked file. A child that inherits it also holds the lock until it exits."""
        if self._fd is None:
            raise RuntimeError(f"{self.path} is not locked")
        return self._fd

    def take(self) -> bool:
        """Take the lock if it is free. False if another process holds it.

        Raises:
            Unavailable: the file can't be created, or the file system has no locks.
        """
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BaseException:
                os.close(fd)
                raise
        except BlockingIOError:
            return False
        except OSError as error:
            raise Unavailable(f"The file {self.path} can't be locked: {error.strerror or error}.") from error
        self._fd = fd
        return True

    def owner(self) -> Owner | None:
        """The owner that the file names. None if it names none, or the last one released the lock in order."""
        try:
            return Owner(**json.loads(self.path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def sign(self, owner: Owner) -> None:
        """Write the owner into the file. Raises Unavailable, for example on a full disk."""
        try:
            os.ftruncate(self.fd, 0)
            os.pwrite(self.fd, json.dumps(asdict(owner)).encode(), 0)
        except OSError as error:
            raise Unavailable(f"The file {self.path} can't be written: {error.strerror or error}.") from error

    def leave(self) -> None:
        """Close the file. Its content stays, and so does the lock if a child holds it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def release(self) -> None:
        """Clear the file's content, and close it."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            self.leave()
