"""The class of all settings, made of the classes of each group, and what the marks of a setting say.

pydantic validates the fields of the last base class first, and a validator sees only the fields before its own. So the
classes are listed from the last group to the first.
"""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from stoppress.settings.connections import CONNECTIONS, ConnectionLimitSettings
from stoppress.settings.deployment import DEPLOYMENT, DeploymentSettings
from stoppress.settings.development import DEVELOPMENT, DevelopmentSettings
from stoppress.settings.group import Group, When
from stoppress.settings.pages import PAGES, PageSettings
from stoppress.settings.processes import PROCESSES, ProcessSettings
from stoppress.settings.reader_limits import READERS, ReaderLimits
from stoppress.settings.request_limits import REQUESTS, RequestLimits
from stoppress.settings.retention import RETENTION, RetentionSettings
from stoppress.settings.stopping import STOPPING, StoppingSettings
from stoppress.settings.tuning import TUNING, TuningSettings

PREFIX = "STOPPRESS_"  # of the environment variables
GROUPS = (DEPLOYMENT, PROCESSES, READERS, CONNECTIONS, REQUESTS, RETENTION, PAGES, STOPPING, DEVELOPMENT, TUNING)


class Settings(
    TuningSettings,
    DevelopmentSettings,
    StoppingSettings,
    PageSettings,
    RetentionSettings,
    RequestLimits,
    ConnectionLimitSettings,
    ReaderLimits,
    ProcessSettings,
    DeploymentSettings,
):
    """All settings, with their defaults and descriptions."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    @field_validator("demo")
    @classmethod
    def _the_demo_needs_everything(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("role", "all") != "all":
            raise ValueError(
                f"needs the role all, because the demo publishes and reads, but got the role {info.data['role']}"
            )
        return value


def group_of(name: str) -> Group:
    """The group of a setting."""
    return next(mark for mark in Settings.model_fields[name].metadata if isinstance(mark, Group))


def settings_in(group: Group) -> list[str]:
    """The names of a group's settings, in order."""
    return [name for name in Settings.model_fields if group_of(name) == group]


def when_to_change(name: str) -> str | None:
    """When to change a setting. None for settings of the first group, which every deployment reviews."""
    return next((mark.text for mark in Settings.model_fields[name].metadata if isinstance(mark, When)), None)
