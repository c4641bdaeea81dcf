"""Edits that are retried without the waits between the tries."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def retries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each random wait takes no time. Forty tries in vain take 2 s otherwise."""
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.0)
