"""The marks of a setting: its group, when to change it, and whether it may hold a secret."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Settings that belong together: a section of docs/settings.md and of `stoppress serve --help`."""

    title: str
    about: str


@dataclass(frozen=True)
class When:
    """When to change a setting."""

    text: str


@dataclass(frozen=True)
class HoldsSecret:
    """The value is a text that may hold a password, so no error shows it."""
