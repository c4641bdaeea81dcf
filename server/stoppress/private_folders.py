"""Creates folders that only this user may enter."""

from __future__ import annotations

from pathlib import Path


def create_private(folder: Path) -> None:
    """Create `folder` and the parents that it lacks, each with mode 0700. Folders that exist are not changed.

    `Path.mkdir(parents=True)` gives new parents the default mode, mostly 0755. Raises OSError.
    """
    missing = [folder]
    while not missing[-1].exists():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
