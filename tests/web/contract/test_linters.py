"""The linters of both formats find nothing in the contract, and connect to nothing meanwhile."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).parents[3]
# Update checks and telemetry swallow their errors, so a connection ends the program instead.
NO_NETWORK = """
import net from "node:net";
net.Socket.prototype.connect = (...to) => { console.error("connects:", JSON.stringify(to)); process.exit(70); };
"""


def node_version() -> tuple[int, ...]:
    said = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(int(number) for number in said.strip().removeprefix("v").split("."))


pytestmark = [pytest.mark.skipif(node_version() < (20, 19), reason="redocly needs Node 20.19"), pytest.mark.node]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NODE_OPTIONS": f"--import=data:text/javascript,{quote(NO_NETWORK)}"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_linters_find_nothing_in_the_contract() -> None:
    done = run("scripts/lint-contract")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_parser_reports_what_is_wrong_with_a_document(tmp_path: Path) -> None:
    document = tmp_path / "asyncapi.json"
    document.write_text('{"asyncapi": "3.1.0", "info": {"title": "Without a version"}}')
    done = run("node", "scripts/lint-asyncapi.js", str(document))
    assert done.returncode == 1
    assert "version" in done.stderr


def test_a_connection_would_be_noticed() -> None:
    done = run("node", "-e", "fetch('http://127.0.0.1:60009').catch(() => {})")
    assert done.returncode == 70
