"""Options that several commands share, and the types of options' values."""

from __future__ import annotations

import getpass
import math
import os
import re
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from stoppress.errors import StopPressError
from stoppress.settings import PREFIX, Settings, variable_name, wrong_values
from stoppress.store.base_audit_log import Act

Command = TypeVar("Command", bound=Callable[..., Any])


def server_options(command: Command) -> Command:
    """Add `--url` and `--token` to a command: the server, and the token to send."""
    url = click.option(
        "--url",
        envvar=f"{PREFIX}URL",
        default="http://127.0.0.1:8000",
        show_default=True,
        show_envvar=True,
        help="The server's address.",
    )
    token = click.option(
        "--token",
        envvar=f"{PREFIX}TOKEN",
        show_envvar=True,
        callback=_header_text,
        help="A token from `stoppress token create`.",
    )
    return url(token(command))


def _header_text(context: click.Context, option: click.Parameter, token: str | None) -> str | None:
    """The token without white space around it. Raises click.BadParameter, without showing the token, when a header
    can't carry it."""
    for position, char in enumerate((token or "").strip()):
        if not "!" <= char <= "~":
            detail = f"expected only visible ASCII characters, but got U+{ord(char):04X} at position {position}"
            raise click.BadParameter(detail, context, option)
    return token and token.strip()


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Add an option for each of these settings to a command; for all settings when none is named."""

    def add(command: Command) -> Command:
        for name in reversed(names or tuple(Settings.model_fields)):
            command = _setting(name)(command)
        return command

    return add


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings from the command line, else from the environment, else the defaults.

    Raises click.UsageError (exit code 2) with one line for each wrong setting: its name, its value, what was expected.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        lines = wrong_values(error, lambda name: option_name(name) if name in chosen else variable_name(name))
        raise click.UsageError("wrong settings\n" + "\n".join(f"  {line}" for line in lines)) from error


def option_name(name: str) -> str:
    """The setting's name as an option: `--redis-url` for `redis_url`."""
    return "--" + name.replace("_", "-")


def _setting(name: str) -> Callable[[Command], Command]:
    field = Settings.model_fields[name]
    text = f"{field.description}  [{variable_name(name)}"
    if field.default not in (None, "", PydanticUndefined):
        text += f"; default: {str(field.default).lower() if isinstance(field.default, bool) else field.default}"
    flag = option_name(name)
    if field.annotation is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=f"{text}]")
    # Taken as text: Settings converts it, so that options and environment variables follow the same rules.
    return click.option(flag, name, default=None, metavar=_metavar(field.annotation), help=f"{text}]")


def _metavar(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "|".join(str(choice) for choice in get_args(annotation))
    for part, metavar in (("Path", "PATH"), ("float", "NUMBER"), ("int", "NUMBER")):
        if part in str(annotation):
            return metavar
    return "TEXT"


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`. Raises StopPressError when it can't be read or is not UTF-8."""
    try:
        with click.open_file(file, encoding="utf-8") as source:
            return str(source.read())
    except UnicodeDecodeError as error:
        raise StopPressError(f"{file} is not UTF-8: {error}") from error
    except OSError as error:
        raise StopPressError(f"{file} can't be read: {error.strerror}") from error


def command_act(command: str, target: str, blog: str | None = None) -> Act:
    """The audit log entry for a command that works on the store itself. Its name is the user of this machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        user = str(os.getuid())
    return Act(
        at=datetime.now(UTC).replace(microsecond=0),
        token="",
        name=user,
        address=socket.gethostname(),
        agent="stoppress",
        method="",
        operation=command,
        target=target,
        blog=blog,
        status=0,
    )


class Finite(click.FloatRange):
    """A finite number within a range. click's own range accepts infinity and NaN."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number. Raises click.BadParameter when it is out of range or not finite."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"expected a finite number, but got {value!r}", param, ctx)
        return number


class Duration(click.ParamType[timedelta]):
    """A duration, such as `90m`, `12h`, `30d` or `2w`."""

    name = "duration"
    _UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The duration. Raises click.BadParameter when it is not a number and a unit."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,5})([smhdw])", str(value))
        if match is None:
            self.fail(f"expected a number and a unit, such as 90m, 12h, 30d or 2w, but got {value!r}", param, ctx)
        return timedelta(**{self._UNITS[match[2]]: int(match[1])})
