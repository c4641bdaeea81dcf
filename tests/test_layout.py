"""Whoever opens a folder sees the system: short modules, no import cycle, and packages that say what is in them.

Which package may import which is for import-linter (pyproject.toml).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[1] / "server"
LINES_MAX = 300
LONGER = {"stoppress.render.translations": "a table of words, one for each language"}


def modules() -> dict[str, Path]:
    """Every module and package by its name."""
    found = {}
    for path in sorted(SERVER.rglob("*.py")):
        parts = path.relative_to(SERVER).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()
PACKAGES = {name: path for name, path in MODULES.items() if path.name == "__init__.py"}


def imports(path: Path) -> Iterator[str]:
    """The modules of ours that a module imports, wherever in it, also for type checking alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in MODULES else node.module


def import_graph() -> dict[str, set[str]]:
    """Each module, and those that it imports."""
    return {name: set(imports(path)) - {name} for name, path in MODULES.items()}


@pytest.mark.parametrize("name", [name for name in MODULES if name not in LONGER])
def test_a_module_has_at_most_300_lines(name: str) -> None:
    lines = len(MODULES[name].read_text().splitlines())
    assert lines <= LINES_MAX, f"{name} has {lines} lines; cut it by concept"


@pytest.mark.parametrize("name", LONGER)
def test_an_exception_is_still_needed(name: str) -> None:
    assert len(MODULES[name].read_text().splitlines()) > LINES_MAX


def test_there_is_no_import_cycle() -> None:
    TopologicalSorter(import_graph()).prepare()  # raises CycleError, which names the modules of the cycle


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_names_all_that_is_in_it(name: str) -> None:
    docstring = ast.get_docstring(ast.parse(PACKAGES[name].read_text()))
    assert docstring, f"{PACKAGES[name]} has no docstring"
    inside = {other.rpartition(".")[2] for other in MODULES if other.rpartition(".")[0] == name} - {"__main__"}
    assert inside - set(re.findall(r"\w+", docstring)) == set()
