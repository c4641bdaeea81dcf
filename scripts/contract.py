"""Writes /openapi.json and /asyncapi.json to files, as a server with default settings answers with them.

.venv/bin/python scripts/contract.py FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from stoppress.settings import Settings
from stoppress.web.contract.asyncapi import asyncapi
from stoppress.web.contract.openapi import Limits, openapi
from stoppress.web.contract.operations import OPERATIONS


def documents() -> dict[str, dict[str, Any]]:
    """The documents by the names of their files."""
    # Built without reading this machine's environment, so that the result is the same everywhere.
    return {"openapi.json": openapi(OPERATIONS, Limits.of(Settings.model_construct())), "asyncapi.json": asyncapi()}


def write(folder: Path) -> None:
    """Write both documents into a folder, which is made if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (folder / name).write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected the folder to write openapi.json and asyncapi.json to")
    write(Path(sys.argv[1]))
