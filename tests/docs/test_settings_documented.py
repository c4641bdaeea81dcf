"""docs/settings.md shows the settings as the class has them: group by group, in order, with the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from stoppress.settings import DEPLOYMENT, GROUPS, Group, Settings, settings_in, when_to_change

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def section(group: Group) -> str:
    """What the document says of a group: its title, what it is about, and a row for each setting."""
    columns = ["variable", "flag", "default", "what it is"]
    if group is not DEPLOYMENT:
        columns.append("when to change it")
    lines = [" | ".join(columns), " | ".join("---" for _ in columns), *map(row, settings_in(group))]
    return "\n".join([f"## {group.title}", "", group.about, "", *(f"| {line} |" for line in lines)])


def row(name: str) -> str:
    field = Settings.model_fields[name]
    value = str(field.default).lower() if field.annotation is bool else field.default
    default = "none" if value in (None, "") else f"`{value}`"
    cells = [f"`STOPPRESS_{name.upper()}`", f"`--{name.replace('_', '-')}`", default, str(field.description)]
    if when := when_to_change(name):
        cells.append(when)
    return " | ".join(cells)


def test_the_document_is_the_groups_in_order() -> None:
    _, heading, text = DOCUMENT.read_text().partition("\n## ")
    expected = "\n\n".join(map(section, GROUPS))
    assert heading and f"## {text}".rstrip("\n") == expected, f"docs/settings.md should end with:\n\n{expected}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_says_when_to_change_it_unless_every_deployment_sets_it(name: str) -> None:
    assert (when_to_change(name) is None) == (name in settings_in(DEPLOYMENT))


def test_a_dozen_settings_come_first_and_tuning_last() -> None:
    assert len(settings_in(DEPLOYMENT)) == 12
    assert [GROUPS[0].title, GROUPS[-1].title] == ["Deployment", "Tuning"]
    assert [name for group in GROUPS for name in settings_in(group)] == list(Settings.model_fields)
