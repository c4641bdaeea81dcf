"""Variables that look like settings and are none."""

from __future__ import annotations

import pytest

from stoppress.settings import unknown_variables


def test_a_misspelt_setting_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPPRESS_PROT", "8001")
    monkeypatch.setenv("STOPPRESS_PORT", "8001")
    monkeypatch.setenv("STOPPRESS_URL", "http://127.0.0.1:1")
    assert unknown_variables() == ["STOPPRESS_PROT"]
