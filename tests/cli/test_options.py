"""Settings as flags, and values that options take."""

from __future__ import annotations

import re
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner

from stoppress.cli import commands
from stoppress.cli.options import Duration, option_name, read_settings
from stoppress.settings import GROUPS, Settings, settings_in


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("STOPPRESS_"):
            monkeypatch.delenv(name)


def test_every_setting_is_a_flag_of_serve_with_its_meaning() -> None:
    help_text = " ".join(CliRunner().invoke(commands, ["serve", "--help"], terminal_width=400).output.split())
    for name, field in Settings.model_fields.items():
        assert option_name(name) in help_text
        assert f"STOPPRESS_{name.upper()}" in help_text
        assert field.description and " ".join(field.description.split()) in help_text


def test_the_help_of_serve_shows_the_groups_in_order() -> None:
    help_text = CliRunner().invoke(commands, ["serve", "--help"], terminal_width=400).output
    sections = re.findall(r"^(\w[\w ]+):\n((?:  .*\n)+)", help_text, re.MULTILINE)
    assert [title for title, _ in sections] == [*(group.title for group in GROUPS), "Options"]
    for group, (_, section) in zip(GROUPS, sections, strict=False):
        flags = re.findall(r"^  (--[a-z-]+)", section, re.MULTILINE)
        assert flags == [option_name(name) for name in settings_in(group)]


def test_a_flag_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPPRESS_PORT", "8001")
    monkeypatch.setenv("STOPPRESS_HOST", "0.0.0.0")
    settings = read_settings({"port": "8002", "host": None})
    assert (settings.port, settings.host) == (8002, "0.0.0.0")


def test_each_wrong_setting_is_a_line_with_its_name_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPPRESS_HEARTBEAT", "often")
    with pytest.raises(click.UsageError) as raised:
        read_settings({"port": "99999", "durability": "surely"})
    message = raised.value.format_message()
    assert "--port=99999: input should be less than or equal to 65535" in message
    assert "--durability=surely: input should be 'server', 'fsync' or 'replica'" in message
    assert "STOPPRESS_HEARTBEAT=often: input should be a valid number" in message


@pytest.mark.parametrize(
    "mistyped",
    [
        "redis//:hunter2@db.example:6379/0",
        "rdis://:hunter2@db.example:6379/0",
        "hunter2",
        "redis://:hunter2/x@db.example:6379/0",
        "redis://user:hunter2@[db.example/0",
        "redis://user:x@db.example:hunter2/0",
    ],
)
@pytest.mark.parametrize("flag", [True, False])
def test_a_mistyped_address_of_the_store_does_not_print_its_password(
    mistyped: str, flag: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not flag:
        monkeypatch.setenv("STOPPRESS_REDIS_URL", mistyped)
    result = CliRunner().invoke(commands, ["serve", *(["--redis-url", mistyped] if flag else [])])
    assert result.exit_code == 2
    assert ("--redis-url=…: " if flag else "STOPPRESS_REDIS_URL=…: ") in result.output
    assert "expected " in result.output and "hunter2" not in result.output


def test_a_wrong_setting_ends_with_2_and_no_traceback() -> None:
    result = CliRunner().invoke(commands, ["serve", "--port", "soon"])
    assert result.exit_code == 2
    assert "--port=soon" in result.output and "Traceback" not in result.output


@pytest.mark.parametrize("length", [1, 31])
def test_an_admin_token_that_can_be_guessed_stops_the_start_and_is_not_shown(length: int) -> None:
    given = {"STOPPRESS_ADMIN_TOKEN": "k" * length, "STOPPRESS_PORT": "0"}
    result = CliRunner().invoke(commands, ["serve"], env=given)
    assert result.exit_code == 2
    assert f"STOPPRESS_ADMIN_TOKEN=…: value error, expected at least 32 characters, but got {length}" in result.output
    assert "kk" not in result.output


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_duration_has_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert Duration().convert(text, None, None) == length


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "0d", "3 d", "1.5h", "3y", "9999999d"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a number and a unit"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(("setting", "value"), [("role", "api"), ("role", "hub"), ("share_port", "true")])
def test_what_several_processes_share_needs_a_store_of_its_own(setting: str, value: str) -> None:
    with pytest.raises(click.UsageError) as raised:
        read_settings({setting: value})
    assert f"{option_name(setting)}={value}: value error, needs redis_url" in raised.value.format_message()
    assert read_settings({setting: value, "redis_url": "redis://127.0.0.1"}).redis_url


def test_the_demo_needs_a_process_that_does_everything() -> None:
    with pytest.raises(click.UsageError, match="got the role hub"):
        read_settings({"role": "hub", "redis_url": "redis://127.0.0.1", "demo": "true"})
    assert read_settings({"demo": "true"}).demo
