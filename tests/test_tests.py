"""How tests are written: each file stands alone, and asks only what a caller may ask."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
HUB = TESTS.parent / "server" / "stoppress" / "hub"
DECIDE_NOTHING = {"__init__.py", "subscriber.py", "dependencies.py"}  # packages, contracts, and what a hub is given
FILES = sorted(path for path in TESTS.rglob("*.py") if "__pycache__" not in path.parts)


def is_private(name: str) -> bool:
    """`_name`, but not `__name__`."""
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def defined(tree: ast.AST) -> Iterator[str]:
    """The private names that a file makes itself: functions, attributes that its classes set, slots."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def private_members(tree: ast.AST) -> Iterator[str]:
    """Where the file reads or sets a private attribute that is not its own."""
    own = set(defined(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if is_private(name) and name in own:
                pass
            case ast.Attribute(attr=name) if is_private(name):
                yield f"line {node.lineno}: {ast.unparse(node)}"
            case ast.ImportFrom(module=module, names=names):
                for alias in names:
                    if is_private(alias.name):
                        yield f"line {node.lineno}: from {module} import {alias.name}"
            case (
                ast.Call(func=function, args=[*_, ast.Constant(value=str(target)), _])
                | ast.Call(func=function, args=[_, ast.Constant(value=str(target))])
            ) if ast.unparse(function).endswith(("setattr", "getattr", "delattr")):
                if is_private(target.rpartition(".")[2]):
                    yield f"line {node.lineno}: {ast.unparse(node)}"


def imported_tests(tree: ast.AST) -> Iterator[str]:
    """Which test files the file imports."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if any(part.startswith("test_") for part in module.split(".")):
                yield module
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (a.name for a in names if any(part.startswith("test_") for part in a.name.split(".")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_a_test_uses_no_private_member_and_no_other_test(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert list(private_members(tree)) == []
    assert list(imported_tests(tree)) == []


def test_each_module_of_the_hub_has_a_test_file_of_its_name() -> None:
    modules = [path.relative_to(HUB) for path in HUB.rglob("*.py") if path.name not in DECIDE_NOTHING]
    missing = [path for path in modules if not (TESTS / "hub" / path.with_name(f"test_{path.name}")).exists()]
    assert missing == []


@pytest.mark.parametrize("text", ["import hub.test_ring", "from hub.test_ring import ring", "from . import test_tabs"])
def test_what_counts_as_an_imported_test(text: str) -> None:
    assert list(imported_tests(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "store._reads",
        "store._reads = 1",
        "self._reads",
        "super()._heard(frame)",
        "from stoppress.resume import _RULES",
        "monkeypatch.setattr('stoppress.task_cancellation._PATIENCE', 1)",
        "setattr(channel, '_size', 0)",
        "getattr(channel, '_size')",
    ],
)
def test_what_counts_as_private(text: str) -> None:
    assert list(private_members(ast.parse(text)))


@pytest.mark.parametrize("text", ["self._own = self._own", "x.__class__", "getattr(image, 'n_frames', 1)", "_own()"])
def test_what_does_not_count_as_private(text: str) -> None:
    assert list(private_members(ast.parse(text))) == []
