"""The client's files as they are served: small, and the same program as their sources."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from stoppress.web.client import served

CLIENT = Path(__file__).parents[2] / "client"
MODULES = sorted(CLIENT.glob("*.js"))


def _size(name: str) -> int:
    return len(gzip.compress(served(name, (CLIENT / name).read_bytes()), 9))


def _loaded_by(name: str, found: set[str]) -> set[str]:
    """The module and what it imports by itself, not what it fetches later by `import()`."""
    found.add(name)
    for imported in re.findall(r'^(?:import|export) .*?from "\./(.*?)"', (CLIENT / name).read_text(), re.MULTILINE):
        if imported not in found:
            _loaded_by(imported, found)
    return found


def test_what_a_page_loads_by_itself_is_small() -> None:
    scripts = _loaded_by("main.js", set())
    assert scripts == {"main.js", "feed.js", "socket.js", "page.js", "still.js", "tabs.js", "waiting.js"}
    assert sum(map(_size, scripts)) <= 8_000, {name: _size(name) for name in scripts}
    assert _size("style.css") <= 6_000


def test_the_page_preloads_exactly_these() -> None:
    template = (CLIENT.parent / "server/stoppress/render/templates/page.html").read_text()
    [modules] = re.findall(r"for module in (\(.*?\)) ", template)
    assert set(re.findall(r'"(\w+)"', modules)) == {name[:-3] for name in _loaded_by("main.js", set())} - {"main"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.name))
def test_nothing_but_comments_is_left_out(module: Path) -> None:
    text = module.read_text()
    # What served() relies on: `//` begins a line or is part of an address, and no string holds a comment's marks.
    assert "//" not in re.sub(r"^\s*//.*$|/\*.*?\*/|https?://", "", text, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"""["'`/][^"'`\n]*/\*[^*\n]*["'`]""", text)
    content = served(module.name, text.encode())
    subprocess.run(["node", "--input-type=module", "--check"], input=content, check=True)
    assert "".join(content.decode().split()) == "".join(
        re.sub(r"/\*.*?\*/", "", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE), flags=re.DOTALL).split()
    )
