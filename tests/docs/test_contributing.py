"""CONTRIBUTING.md teaches by code that is in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLES = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
MESSAGES = re.findall(r"^```text\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("path", "code"), EXAMPLES)
def test_an_example_is_real_code(path: str, code: str) -> None:
    assert code in (ROOT / path).read_text(), f"{path} no longer has this example of CONTRIBUTING.md:\n{code}"


def test_every_python_example_names_its_file() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("```python")


def test_the_good_commit_message_is_accepted_and_the_bad_one_refused(tmp_path: Path) -> None:
    statuses = []
    for message in MESSAGES:
        (tmp_path / "message").write_text(message)
        command = [ROOT / "scripts" / "commit-message", tmp_path / "message"]
        statuses.append(subprocess.run(command, capture_output=True).returncode)
    assert statuses == [0, 1]
