"""The documentation site has every page, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.tracked import ROOT

ZENSICAL = ROOT / ".venv-docs" / "bin" / "zensical"
# What a browser loads by itself. The address of the page itself and links to follow are none of that.
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(https?:|//)|<link\b[^>]*\brel=["']?stylesheet[^>]*(https?:|//)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration and the pages to build the site from. No test changes these."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, ROOT / "scripts/site_pages.py", folder / "build/site"], check=True)
    shutil.copy(ROOT / "zensical.toml", folder)
    return folder


def named(nav: Any) -> Iterator[str]:
    """The pages that a `nav` names, in its order."""
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from named(part)


def test_the_navigation_names_every_page_once(site: Path) -> None:
    folder = site / "build/site"
    pages = sorted(page.relative_to(folder).as_posix() for page in folder.rglob("*.md"))
    of_docs = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert of_docs < set(pages)
    assert sorted(named(tomllib.loads((site / "zensical.toml").read_text())["project"]["nav"])) == pages


def test_links_that_leave_the_site_are_none(site: Path) -> None:
    index = (site / "build/site/index.md").read_text()
    assert "](settings.md)" in index and "](docs/" not in index
    for page in (site / "build/site/decisions").glob("*.md"):
        assert "](../../" not in page.read_text()


@pytest.mark.zensical
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(site: Path) -> None:
    done = subprocess.run([ZENSICAL, "build", "--strict"], cwd=site, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted((site / "build/docs").rglob("*.html"))
    assert len(pages) > 50
    assert {page.name: _LOADED.findall(page.read_text()) for page in pages if _LOADED.search(page.read_text())} == {}
