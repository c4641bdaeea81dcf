"""The server does what /openapi.json says, whatever it is sent: schemathesis with every check on.

`make fuzz` does the same with many more examples (EXAMPLES=N).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .server import TOKEN, EditorClient, Server

pytestmark = pytest.mark.server

# Neither is an exchange of one request and one answer; tests/hub has theirs.
STREAMS = "/(socket|events)$"


def test_no_answer_contradicts_the_document(server: Server, editor: EditorClient, tmp_path: Path) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.post("petrel", id="one", title="One")
    editor.post("petrel", id="two", title="Two", status="draft")
    editor.delete("petrel", editor.post("petrel", title="Three")["post"]["id"])
    examples = os.environ.get("EXAMPLES", "6")
    command: list[str] = [
        str(Path(sys.executable).parent / "schemathesis"),
        *("--config-file", str(Path(__file__).parents[1] / "schemathesis.toml")),
        *("run", f"{server.url}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}"),
        *("--checks", "all", "--exclude-path-regex", STREAMS, "--max-examples", examples, "--request-timeout", "20"),
        *("--no-color", *(["--generation-deterministic"] if "EXAMPLES" not in os.environ else [])),
    ]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=3_000)
    assert found.returncode == 0, found.stdout[-8_000:] + found.stderr[-2_000:]
    assert "Traceback" not in (server.data / "server.out").read_text()
