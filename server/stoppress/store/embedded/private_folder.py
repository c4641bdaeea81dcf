"""Checks and creates private folders, for the embedded store and for its socket.

A folder is private if it is a real directory (not a link), belongs to this user, and has mode 0700. Any other folder is
never used: whoever can enter it could also put a socket of their own into it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from stoppress.errors import Unavailable
from stoppress.private_folders import create_private

# sun_path of sockaddr_un has 108 bytes on Linux (unix(7)), including the final NUL.
SOCKET_PATH_MAX = 107


def make_private(folder: Path) -> None:
    """Create `folder`, or check that it is private. If it is ours but has a wider mode, its mode becomes 0700.

    Raises:
        Unavailable: with the folder, and what is wrong with it.
    """
    try:
        create_private(folder.parent)
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
