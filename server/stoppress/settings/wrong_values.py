"""Says which settings are wrong, in a line for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from pydantic import SecretStr, ValidationError

from stoppress.settings.group import HoldsSecret
from stoppress.settings.settings import PREFIX, Settings


def variable_name(name: str) -> str:
    """The setting's name as an environment variable: `STOPPRESS_REDIS_URL` for `redis_url`."""
    return PREFIX + name.upper()


def wrong_values(error: ValidationError, source: Callable[[str], str] = variable_name) -> list[str]:
    """A line for each wrong setting: what `source` calls it, its value, and what was expected. Secrets are hidden."""
    lines = []
    for wrong in error.errors():
        name = str(wrong["loc"][0])
        value = "…" if is_secret(name) else str(wrong["input"])
        lines.append(f"{source(name)}={value}: {wrong['msg'][:1].lower()}{wrong['msg'][1:]}")
    return lines


def is_secret(name: str) -> bool:
    """Whether the setting is a secret or may hold one. Its value is never shown."""
    field = Settings.model_fields[name]
    return SecretStr in get_args(field.annotation) or HoldsSecret() in field.metadata
