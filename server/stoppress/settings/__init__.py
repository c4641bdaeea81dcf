"""All settings.

The environment (`STOPPRESS_*`), the flags of `stoppress serve` and docs/settings.md are all derived from these classes,
and a test compares the three. Groups are shown in the order of `GROUPS`, and the settings of a group in the order that
they have in its class. A setting outside the first group also says when to change it.

settings       all settings as one class, `Settings`; unknown_variables: finds misspelt ones; wrong_values: says
               which are wrong
group          the marks of a setting, such as its group; field_types: what a value may be
deployment, processes, reader_limits, connections, request_limits, retention, pages, stopping, development, tuning
               the settings of each group
"""

from stoppress.settings.deployment import DEPLOYMENT
from stoppress.settings.group import Group, HoldsSecret
from stoppress.settings.settings import GROUPS, PREFIX, Settings, group_of, settings_in, when_to_change
from stoppress.settings.unknown_variables import unknown_variables
from stoppress.settings.wrong_values import is_secret, variable_name, wrong_values

__all__ = [
    "DEPLOYMENT",
    "GROUPS",
    "PREFIX",
    "Group",
    "HoldsSecret",
    "Settings",
    "group_of",
    "is_secret",
    "settings_in",
    "unknown_variables",
    "variable_name",
    "when_to_change",
    "wrong_values",
]
