""".editorconfig says what the formatters enforce."""

from __future__ import annotations

import json
import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]


def editorconfig() -> ConfigParser:
    config = ConfigParser()
    config.read_string("[root]\n" + (ROOT / ".editorconfig").read_text())
    return config


def test_lines_are_as_long_as_ruff_and_biome_allow() -> None:
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    biome = json.loads((ROOT / "biome.json").read_text())["formatter"]
    assert editorconfig()["*"]["max_line_length"] == str(ruff["line-length"]) == str(biome["lineWidth"])


def test_files_are_indented_as_ruff_biome_and_make_want_them() -> None:
    config = editorconfig()
    biome = json.loads((ROOT / "biome.json").read_text())["formatter"]
    sections = {section: values for section, values in config.items() if re.search(r"\*\.py|Makefile", section)}
    assert [(values.get("indent_style"), values.get("indent_size")) for values in sections.values()] == [
        (None, "4"),
        ("tab", None),
    ]
    assert config["*"]["indent_style"] == biome["indentStyle"] == "space"
    assert config["*"]["indent_size"] == str(biome.get("indentWidth", 2))
