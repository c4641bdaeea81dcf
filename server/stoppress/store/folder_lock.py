"""Private folders, and locks that show which process holds one.

A folder is private if it is a real directory (not a link), belongs to this user, and has mode 0700. Any other folder is
never used: whoever can enter it could also put a socket of their own into it.
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

# sun_path of sockaddr_un has 108 bytes on Linux (unix(7)), including the final NUL.
SOCKET_PATH_MAX = 107


def make_private(folder: Path) -> None:
    """Create `folder`, or check that it is private. If it is ours but has a wider mode, its mode becomes 0700.

    Raises:
        Unavailable: with the folder, and what is wrong with it.
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
    """Check that `folder` is a directory, not a link, and belongs to this user.

    Raises:
        Unavailable: it is not, or belongs to another user.
        OSError: it can't be examined.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise Unavailable(f"Expected a folder at {folder}, but found something else.")
    if found.st_uid != os.geteuid():
        raise Unavailable(
            f"The folder {folder} belongs to user {found.st_uid}, but Stop Press runs as user {os.geteuid()}."
        )


def is_private(folder: Path) -> bool:
    """Whether nobody else can have put anything into `folder`."""
    try:
        check_owned(folder)
        return stat.S_IMODE(folder.lstat().st_mode) & 0o077 == 0
    except (OSError, Unavailable):
        return False


def socket_path(folder: Path, name: str) -> Path:
    """The path for the socket of `folder`.

    It is in the folder itself or, if that path is too long for a socket, in a short private folder whose name is
    derived from it. Creates the short folder.

    Raises:
        Unavailable: somebody else created the short folder, or others may enter it.
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
            raise Unavailable(f"The folder {path.parent} for the store's socket can't be created: {error}.") from error
        if not is_private(path.parent):
            raise Unavailable(
                f"The folder {path.parent} is for the store's socket, but another user owns it or may enter it. "
                "Remove it."
            )
        return path
    raise Unavailable(f"The path {direct} is too long for a socket, and there is no /tmp for a shorter one.")


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
