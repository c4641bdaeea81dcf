"""Finds environment variables that look like settings and are none."""

from __future__ import annotations

import os

from stoppress.settings.settings import PREFIX, Settings

_OF_COMMANDS = {f"{PREFIX}URL", f"{PREFIX}TOKEN"}  # of the commands that publish and follow


def unknown_variables() -> list[str]:
    """The variables that begin with STOPPRESS_ but are no setting, sorted. Most often each is a typing error."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _OF_COMMANDS
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
