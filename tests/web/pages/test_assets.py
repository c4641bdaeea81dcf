"""The client's files as they are served: small, and the same program as their sources."""

from __future__ import annotations

import gzip
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from stoppress.web.pages.assets import CORE, Assets, served
from web.checks import CLIENT

MODULES = sorted(CLIENT.glob("*.js"))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """What is served, by name."""
    return Assets(CLIENT).files


def _imported(text: str) -> list[str]:
    """The modules that a module imports by itself, not what it fetches later by `import()`."""
    return re.findall(r'^(?:import|export) .*?from "\./(.*?)\.js"', text, re.MULTILINE)


def test_what_a_page_loads_by_itself_is_small(files: dict[str, bytes]) -> None:
    # That these are all is seen in a browser: tests/e2e/test_small.py.
    sizes = {name: len(gzip.compress(files[name], 9)) for name in ("main.js", "live.js", "style.css")}
    assert sizes["main.js"] + sizes["live.js"] <= 8_000, sizes
    assert sizes["style.css"] <= 6_000


def test_the_core_is_joined_in_an_order_in_which_each_finds_what_it_needs() -> None:
    for i, name in enumerate(CORE):
        assert set(_imported((CLIENT / f"{name}.js").read_text())) <= set(CORE[:i])


@pytest.mark.node
def test_the_joined_module_exports_what_its_parts_do_and_the_others_get_it_there(files: dict[str, bytes]) -> None:
    # A name that two parts have at their top would be an error here.
    program = 'import("./live.js").then((live) => process.stdout.write(Object.keys(live).join()))'
    exported = {
        name
        for part in CORE
        for name in re.findall(r"^export (?:function|const) (\w+)", (CLIENT / f"{part}.js").read_text(), re.MULTILINE)
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "live.js").write_bytes(files["live.js"])
        (Path(folder) / "package.json").write_text('{"type": "module"}')
        done = subprocess.run(["node", "-e", program], cwd=folder, check=True, capture_output=True, text=True)
    assert set(done.stdout.split(",")) == exported
    for name, content in files.items():
        if name.endswith(".js"):
            imports = re.findall(r'import *{([^}]*)} *from *"\./(\w+)\.js"', content.decode())
            assert not {module for _, module in imports} & set(CORE), name
            for names, module in imports:
                if module == "live":
                    assert {word.strip() for word in names.split(",")} <= exported, name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.name))
@pytest.mark.node
def test_nothing_but_comments_is_left_out(module: Path) -> None:
    text = module.read_text()
    # What served() relies on: `//` begins a line or is part of an address, and no string holds a comment's marks.
    assert "//" not in re.sub(r"^\s*//.*$|/\*.*?\*/|https?://", "", text, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"""["'`/][^"'`\n]*/\*[^*\n]*["'`]""", text)
    content = served(module.name, text.encode())
    subprocess.run(["node", "--input-type=module", "--check"], input=content, check=True)
    code = re.sub(r"/\*.*?\*/", "", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE), flags=re.DOTALL)
    assert "".join(content.decode().split()) == "".join(code.split())
    strings = re.compile(r"""".*?"|'.*?'|`.*?`""", re.DOTALL)
    assert strings.findall(content.decode()) == strings.findall(code)
