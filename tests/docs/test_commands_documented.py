"""docs/commands.md names every command and every option; those of `serve` are in docs/settings.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from stoppress.cli import commands

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"


def all_commands(group: click.Group, path: str = "stoppress") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from all_commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(all_commands(commands))


def section(path: str) -> str:
    """The part of the document under this command's heading."""
    found = re.search(rf"^## `{re.escape(path)}`\n(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"docs/commands.md has no heading: ## `{path}`"
    return found[1]


@pytest.mark.parametrize("path", COMMANDS)
def test_each_command_has_a_section_that_names_its_options(path: str) -> None:
    text = section(path)
    if path == "stoppress serve":
        assert "settings.md" in text
        return
    for parameter in COMMANDS[path].params:
        name = max(parameter.opts, key=len) if isinstance(parameter, click.Option) else parameter.name.upper()
        assert re.search(rf"{re.escape(name)}\b", text), f"{path} has {name}, but docs/commands.md does not say so"


def test_no_section_is_about_a_command_that_is_not_there() -> None:
    assert set(re.findall(r"^## `(stoppress [^`]+)`$", DOCUMENT.read_text(), re.MULTILINE)) == set(COMMANDS)
