"""Each defence in docs/threat-model.md names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", (ROOT / "docs" / "threat-model.md").read_text())


def test_every_row_of_a_table_names_a_test() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    rows = [
        line
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| attack", "| failure"))
    ]
    assert len(rows) == len(NAMED) > 15


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda part: part)
def test_the_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
