"""The files that git tracks, and what is written in them for people."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LOCK_FILES = ("requirements/dev.txt", "requirements/docs.txt", "requirements/embedded.txt", "requirements/run.txt")
_C_COMMENT = r"/\*.*?\*/|(?<![:\"'`\w])//[^\n]*"
_COMMENT = {
    "c": _C_COMMENT,
    "cjs": _C_COMMENT,
    "css": _C_COMMENT,
    "html": r"\{#.*?#\}|<!--.*?-->",
    "js": _C_COMMENT,
    "lua": r"--[^\n]*",
    "ts": _C_COMMENT,
}
# Matches each string of Python, and captures each comment. The module tokenize takes 20 times as long.
_STRING_OR_COMMENT = re.compile(
    r"""\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(\#[^\n]*)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Source:
    """A tracked text file, by its path from the root."""

    path: str
    text: str

    @cached_property
    def prose(self) -> str:
        """The comments and docstrings of code, and all of any other file."""
        suffix = self.path.rpartition(".")[2]
        if suffix == "py":
            return "\n".join((*self._python_comments(), *self._python_docstrings()))
        if suffix in _COMMENT:
            return "\n".join(re.findall(_COMMENT[suffix], self.text, re.DOTALL))
        return self.text

    @cached_property
    def tree(self) -> ast.Module:
        """A Python file, parsed."""
        return ast.parse(self.text)

    def _python_comments(self) -> Iterator[str]:
        return (comment for comment in _STRING_OR_COMMENT.findall(self.text) if comment)

    def _python_docstrings(self) -> Iterator[str]:
        for statement in _statements(self.tree):
            match statement:
                case ast.Expr(value=ast.Constant(value=str() as docstring)):
                    yield docstring


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """Each statement in a module, class, function or other block, at any depth. ast.walk visits expressions too."""
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(block, field, ()):
            yield statement
            yield from _statements(statement)


@cache
def paths() -> tuple[str, ...]:
    """The path of each file that git tracks, from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for path in listed.split("\0") if path)


@cache
def sources() -> tuple[Source, ...]:
    """Each tracked text file that is written by hand."""
    found = []
    for path in paths():
        file = ROOT / path
        if path.endswith((".json", ".svg")) or path in _LOCK_FILES or not file.is_file():
            continue
        try:
            found.append(Source(path, file.read_text()))
        except UnicodeDecodeError:  # a picture
            continue
    return tuple(found)
