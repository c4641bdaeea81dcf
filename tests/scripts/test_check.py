"""scripts/check runs the tools that a change needs, and no others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check"
PYTHON = ["mypy", "lint-imports"]
CLIENT = ["npm run --silent types", "npm run --silent test"]
ALL = ["ruff check --force-exclude", "ruff format --check --force-exclude", *PYTHON]
ALL += ["biome ci --no-errors-on-unmatched", *CLIENT]


class Checkout:
    """A repository with one commit, the script, and tools that only note how they were called."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes = root.parent / "notes"
        for tool in ("ruff", "mypy", "lint-imports", "biome", "npm"):
            self.write(f".venv/bin/{tool}", f'#!/bin/sh\necho {tool} "$@" >>"{self.notes}"\n').chmod(0o755)
        self.write(".gitignore", ".venv/\nignored.py\n")
        for path in ("a.py", "b.py", "client/placement.js", "README.md", "pyproject.toml"):
            self.write(path, "old\n")
        self.write("scripts/check", "")
        shutil.copy(SCRIPT, root / "scripts" / "check")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()

    def write(self, path: str, text: str = "new\n") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def git(self, *arguments: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "Change it")

    def check(self, *arguments: str) -> list[str]:
        """Run it. Returns each call of a tool, in order."""
        self.notes.unlink(missing_ok=True)
        subprocess.run([self.root / "scripts" / "check", *arguments], check=True, capture_output=True)
        return self.notes.read_text().splitlines() if self.notes.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def test_all_is_everything_though_nothing_has_changed(checkout: Checkout) -> None:
    assert checkout.check("--all") == ALL


def test_no_change_needs_no_tool(checkout: Checkout) -> None:
    assert checkout.check() == []


def test_a_page_of_the_docs_needs_no_tool(checkout: Checkout) -> None:
    checkout.write("README.md")
    assert checkout.check() == []


def test_changed_and_new_python_files_are_linted_and_the_program_is_typed(checkout: Checkout) -> None:
    checkout.write("a.py")
    checkout.write("two words.py")
    checkout.write("ignored.py")
    files = "a.py two words.py"
    assert checkout.check() == [
        f"ruff check --force-exclude {files}",
        f"ruff format --check --force-exclude {files}",
        *PYTHON,
    ]


def test_after_a_removal_there_is_nothing_to_lint_but_types_and_layers(checkout: Checkout) -> None:
    (checkout.root / "a.py").unlink()
    assert checkout.check() == PYTHON


def test_a_client_file_needs_the_clients_tools_alone(checkout: Checkout) -> None:
    checkout.write("client/placement.js")
    assert checkout.check() == ["biome ci --no-errors-on-unmatched client/placement.js", *CLIENT]


def test_what_configures_the_tools_concerns_every_file(checkout: Checkout) -> None:
    checkout.write("pyproject.toml")
    checkout.write("biome.json")
    checkout.write("a.py")
    assert checkout.check() == ALL


def test_since_takes_in_the_commits_of_the_branch(checkout: Checkout) -> None:
    checkout.git("switch", "--quiet", "--create", "topic")
    checkout.write("a.py")
    checkout.commit()
    checkout.write("b.py")
    assert checkout.check()[0] == "ruff check --force-exclude b.py"
    assert checkout.check("--since", "main")[0] == "ruff check --force-exclude a.py b.py"
