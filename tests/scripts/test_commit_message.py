"""scripts/commit-message refuses a subject that is too long or is no instruction."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "commit-message"


def check(message: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "COMMIT_EDITMSG"
    file.write_text(message)
    return subprocess.run([SCRIPT, file], capture_output=True, text=True)


@pytest.mark.parametrize(
    "message",
    [
        "Retry WebSocket 3 s after falling back",
        "Embed blogs by a custom element",
        "Compress frames once\n\nDeflating for each connection costs more than writing.\n",
        "Rate-limit handshakes\n# Please enter the commit message.\n",
        "# a comment first\nAddress each review comment\n",
        "Add ü" + "x" * 67,
        "fixup! Add the index of decisions",
        'Revert "The old subject"',
        "Merge branch 'client' of a repository with a name that is much longer than a subject may be",
        "Name the file\n\n# ------------------------ >8 ------------------------\ndiff --git a/x b/x\n",
    ],
)
def test_an_instruction_of_at_most_72_characters_is_accepted(message: str, tmp_path: Path) -> None:
    assert check(message, tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "it has no subject"),
        ("# only a comment\n", "it has no subject"),
        ("Add " + "x" * 69, "the subject has 73 characters, expected at most 72"),
        ("fixup! Add " + "x" * 69, "the subject has 73 characters"),
        ("Add the index\nof decisions", "expected an empty line after the subject, but got: of decisions"),
        ("make_room in fewer branches", "a verb with a capital letter first, but got: make_room"),
        ("README and operations", "a verb with a capital letter first, but got: README"),
        ("The page tries a socket", "expected an imperative first, such as Add, Fix or Rename, but got: The"),
        ("Soon after it fell back the page tries a socket", "but got: Soon"),
        ("Fixed the index", "but got: Fixed"),
        ("Fixing the index", "but got: Fixing"),
        ("Adds an index", "but got: Adds"),
        ("Handshakes are read in half the time", "but got: Handshakes"),
        ("Room is made at the start", '"Room is" makes a statement'),
    ],
)
def test_anything_else_is_refused_with_the_reason(message: str, reason: str, tmp_path: Path) -> None:
    result = check(message, tmp_path)
    assert result.returncode == 1
    assert reason in result.stderr
    assert "COMMIT_EDITMSG" in result.stderr
