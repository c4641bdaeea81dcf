"""docs/settings.md has a row for each setting, and says of it what the class says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stoppress.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def row(name: str) -> str:
    """What stands in the table: the variable, the flag, the default, the meaning."""
    field = Settings.model_fields[name]
    default = (
        "none"
        if field.default is None
        else f"`{str(field.default).lower() if field.annotation is bool else field.default}`"
    )
    return f"| `STOPPRESS_{name.upper()}` | `--{name.replace('_', '-')}` | {default} | {field.description} |"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_documented_as_it_is(name: str) -> None:
    assert row(name) in DOCUMENT.read_text().splitlines(), f"docs/settings.md lacks this row:\n{row(name)}"


def test_nothing_is_documented_that_is_no_setting() -> None:
    documented = re.findall(r"^\| `STOPPRESS_([A-Z_]+)` \| `--", DOCUMENT.read_text(), re.MULTILINE)
    assert {name.lower() for name in documented} == set(Settings.model_fields)
