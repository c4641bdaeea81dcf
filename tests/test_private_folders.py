"""Which mode new folders have."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoppress.media.storage import FolderStorage
from stoppress.private_folders import create_private
from stoppress.store.embedded.private_folder import make_private

NAME = f"{'0' * 32}-320-240.jpg"


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_every_folder_that_was_missing_is_private_and_others_keep_their_mode(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    create_private(there / "a" / "b")
    create_private(there / "a" / "b")
    assert [mode(folder) for folder in (there, there / "a", there / "a" / "b")] == [0o755, 0o700, 0o700]


def test_the_data_folder_is_private_whoever_creates_it_first(tmp_path: Path) -> None:
    make_private(tmp_path / "one" / "store")
    assert [mode(folder) for folder in (tmp_path / "one", tmp_path / "one" / "store")] == [0o700, 0o700]


@pytest.mark.anyio
async def test_folders_of_pictures_are_private(tmp_path: Path) -> None:
    await FolderStorage(tmp_path / "data" / "media").put(NAME, b"picture")
    folders = [tmp_path / "data", *(path for path in (tmp_path / "data").rglob("*") if path.is_dir())]
    assert len(folders) == 3
    assert {mode(folder) for folder in folders} == {0o700}
