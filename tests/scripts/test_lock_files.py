"""Lock files name packages, versions and hashes, but no host: packages come from whichever registry is set up."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK_FILES = [ROOT / "package-lock.json", ROOT / "bench/package-lock.json", *sorted(ROOT.glob("requirements/*.txt"))]


@pytest.mark.parametrize("path", LOCK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_file_names_no_host(path: Path) -> None:
    lines = [line.strip() for line in path.read_text().splitlines() if "://" in line]
    assert lines == [], "remove these lines; npm adds `resolved` and `funding`"
