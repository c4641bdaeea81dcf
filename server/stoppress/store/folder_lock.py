"""Folders that only this user may enter, and who holds one.

A folder is private when it is a real directory (no link), belongs to us, and has mode 0700. One that is not is
never used: whoever could enter it could also put a socket of their own into it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from stoppress.errors import Unavailable

# sun_path of sockaddr_un holds 108 bytes on Linux (unix(7)), the closing NUL among them.
SOCKET_PATH_MAX = 107


def make_private(folder: Path) -> None:
    """Make `folder`, or see that it is private; our own with a wider mode is narrowed.

    Raises Unavailable, with the folder and what is wrong with it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        check_owned(folder)
        folder.chmod(0o700)
    except OSError as error:
        raise Unavailable(f"The folder {folder} can't be used: {error.strerror or error}.") from error


def check_owned(folder: Path) -> None:
    """Raises Unavailable unless `folder` is a directory, no link, and ours; OSError when it can't be looked at."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise Unavailable(f"Expected a folder at {folder}, but found something else.")
    if found.st_uid != os.geteuid():
        raise Unavailable(f"The folder {folder} belongs to user {found.st_uid}, but this is user {os.geteuid()}.")


def is_private(folder: Path) -> bool:
    """Whether nobody else can have put anything there."""
    try:
        check_owned(folder)
        return stat.S_IMODE(folder.lstat().st_mode) & 0o077 == 0
    except (OSError, Unavailable):
        return False


def socket_path(folder: Path, name: str) -> Path:
    """Where the socket of `folder` goes: into it, or, where that path is too long for a socket, into a short private
    folder whose name is derived from it. That one is made here.

    Raises Unavailable when somebody else has made the short folder, or opened it to others.
    """
    direct = folder / name
    if len(os.fsencode(direct)) <= SOCKET_PATH_MAX:
        return direct
    short = f"stoppress-{os.geteuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    for base in filter(None, (os.environ.get("XDG_RUNTIME_DIR"), "/tmp")):
        path = Path(base, short, name)
        if not Path(base).is_dir() or len(os.fsencode(path)) > SOCKET_PATH_MAX:
            continue
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"The folder {path.parent} for the store's socket can't be made: {error}.") from error
        if not is_private(path.parent):
            raise Unavailable(
                f"The folder {path.parent} is meant for the store's socket, but others own it or may enter it; "
                "remove it."
            )
        return path
    raise Unavailable(f"The path {direct} is too long for a socket, and there is no /tmp for a shorter one.")


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a folder: `brief` if it is a command that soon lets go; `socket` is its store's path."""

    pid: int
    brief: bool
    socket: str

    @property
    def alive(self) -> bool:
        """Whether there is such a process."""
        return Path(f"/proc/{self.pid}").exists()


class FolderLock:
    """A lock on a file (flock(2)): held by one process, and let go by the kernel when it dies, however it dies.

    What the file says of its owner is a hint for others; only the lock counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The locked file. A child that inherits it holds the lock as well, until it ends."""
        if self._fd is None:
            raise RuntimeError(f"{self.path} is not locked")
        return self._fd

    def take(self) -> bool:
        """Take it if it is free. Raises Unavailable when the file can't be made or the file system has no locks."""
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
        """Who wrote there last; None when nobody did, or they let go in order."""
        try:
            return Owner(**json.loads(self.path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def sign(self, owner: Owner) -> None:
        """Write down who holds it. Raises Unavailable, as on a full disk."""
        try:
            os.ftruncate(self.fd, 0)
            os.pwrite(self.fd, json.dumps(asdict(owner)).encode(), 0)
        except OSError as error:
            raise Unavailable(f"The file {self.path} can't be written: {error.strerror or error}.") from error

    def leave(self) -> None:
        """Close the file, leaving what it says and any child that holds it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def release(self) -> None:
        """Let go, in order."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            self.leave()
