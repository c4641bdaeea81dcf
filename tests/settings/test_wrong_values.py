"""The lines that say which settings are wrong."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stoppress.settings import Settings, wrong_values


def test_each_wrong_setting_has_a_line_with_its_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"verify": "soon", "port": 70_000})
    lines = dict(line.split("=", 1) for line in wrong_values(caught.value))
    assert lines.keys() == {"STOPPRESS_VERIFY", "STOPPRESS_PORT"}
    assert lines["STOPPRESS_VERIFY"].startswith("soon: ")
    assert lines["STOPPRESS_PORT"].startswith("70000: ")


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"redis_url": "redos://editor:secret@127.0.0.1"})
    (line,) = wrong_values(caught.value)
    assert line.startswith("STOPPRESS_REDIS_URL=…: ") and "secret" not in line
