"""The files that git tracks, and what is written in them for people."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
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
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.string

    def _python_docstrings(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            match node:
                case ast.Expr(value=ast.Constant(value=str() as docstring)):
                    yield docstring


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
