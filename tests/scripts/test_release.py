"""scripts/release.py and scripts/package_metadata.py: what a release changes, and what is in the package."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest
from release import (
    ReleaseError,
    image_command,
    refuse_another_version,
    released_changelog,
    version_key,
    with_version,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DATE = dt.date(2026, 11, 25)
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## [0.1.0] - 2026-11-01\n\n- The first.\n"


def test_what_was_unreleased_gets_the_version_and_the_date() -> None:
    assert released_changelog(CHANGELOG, "0.2.0", DATE) == (
        "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-25\n\n### Added\n\n- Something.\n\n"
        "## [0.1.0] - 2026-11-01\n\n- The first.\n"
    )


@pytest.mark.parametrize(
    ("text", "version", "reason"),
    [
        (CHANGELOG, "0.1.0", "already has a heading for 0.1.0"),
        (CHANGELOG.replace("## [Unreleased]", "## Soon"), "0.2.0", "exactly one line `## [Unreleased]`"),
        (CHANGELOG.replace("- Something.", ""), "0.2.0", "nothing under Unreleased"),
    ],
)
def test_a_changelog_that_has_nothing_to_release_is_refused(text: str, version: str, reason: str) -> None:
    with pytest.raises(ReleaseError, match="CHANGELOG.md") as refused:
        released_changelog(text, version, DATE)
    assert reason in str(refused.value)


def test_versions_are_ordered_and_a_candidate_comes_before_its_version() -> None:
    versions = ["0.10.0", "0.2.0", "0.2.0rc1", "0.2.0rc2", "0.2.1", "1.0.0"]
    assert sorted(versions, key=version_key) == ["0.2.0rc1", "0.2.0rc2", "0.2.0", "0.2.1", "0.10.0", "1.0.0"]


@pytest.mark.parametrize("version", ["", "1", "1.2", "v1.2.3", "1.2.3.4", "1.2.3-rc1", "latest"])
def test_a_version_of_another_form_is_refused_by_name(version: str) -> None:
    with pytest.raises(ReleaseError, match=f"1.2.3rc1, but is '{version}'"):
        version_key(version)


def test_the_real_changelog_and_project_file_can_be_released() -> None:
    assert "## [77.0.0] - 2026-11-25" in released_changelog((ROOT / "CHANGELOG.md").read_text(), "77.0.0", DATE)
    assert 'version = "77.0.0"' in with_version((ROOT / "pyproject.toml").read_text(), "77.0.0")


def test_a_tag_that_is_not_the_version_of_the_checkout_is_refused() -> None:
    refuse_another_version('name = "x"\nversion = "1.2.3"\n', "1.2.3")
    with pytest.raises(ReleaseError, match="has version 1.2.3, expected 1.2.4"):
        refuse_another_version('name = "x"\nversion = "1.2.3"\n', "1.2.4")


@pytest.mark.parametrize("builder", ["podman", "buildah", "docker"])
def test_the_image_is_built_by_the_program_that_there_is(builder: str) -> None:
    commands = image_command("1.2.3", Path("dist/image.tar"), lambda name: f"/bin/{name}" if name == builder else None)
    assert {command[0] for command in commands} == {builder}
    assert any("dist/image.tar" in word for word in commands[-1])


def test_without_a_builder_the_release_says_what_to_install() -> None:
    with pytest.raises(ReleaseError, match="Install one, or leave it out with IMAGE=0"):
        image_command("1.2.3", Path("dist/image.tar"), lambda name: None)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | None], Path]:
    """Builds the wheel, for a repository or for none, once each."""
    wheels: dict[str | None, Path] = {}

    def build(repository: str | None) -> Path:
        if repository not in wheels:
            folder = tmp_path_factory.mktemp("wheel")
            environment = {name: value for name, value in os.environ.items() if name != "REPOSITORY"}
            if repository is not None:
                environment["REPOSITORY"] = repository
            command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
            (wheels[repository],) = folder.iterdir()
        return wheels[repository]

    return build


def names_and_metadata(wheel: Path) -> tuple[set[str], str]:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        return names, archive.read(metadata).decode()


def test_the_wheel_has_types_scripts_templates_and_the_client(built: Callable[[str | None], Path]) -> None:
    names, _ = names_and_metadata(built(None))
    sources = {str(path.relative_to(ROOT / "server")) for path in (ROOT / "server").rglob("*") if path.is_file()}
    wanted = {name for name in sources if "__pycache__" not in name}
    wanted |= {f"stoppress/{path.relative_to(ROOT)}" for path in (ROOT / "client").iterdir()}
    assert "stoppress/py.typed" in wanted
    assert wanted <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"stoppress"}


def test_links_of_the_readme_are_absolute_with_a_repository_and_text_without(
    built: Callable[[str | None], Path],
) -> None:
    _, text = names_and_metadata(built("https://forge.example/desk/stoppress/"))
    metadata = Parser().parsestr(text)
    readme = metadata.get_payload()
    version = metadata["Version"]
    assert f"](https://forge.example/desk/stoppress/blob/v{version}/docs/settings.md)" in readme
    assert "](docs/" not in readme
    assert any("https://forge.example/desk/stoppress" in url for url in metadata.get_all("Project-URL", []))

    _, text = names_and_metadata(built(None))
    assert "](docs/" not in text
    assert "docs/settings.md" in text
    assert "forge.example" not in text
