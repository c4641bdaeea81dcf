"""Makes a release: moves the changelog's Unreleased part to the version, builds what is published, and tags.

    make release VERSION=0.2.0

It refuses unless the checkout is clean, the version is newer than the last one, and CHANGELOG.md has something to
release. When a step fails, the checkout is as it was. Nothing is pushed or uploaded: the last lines say how.

Writes to dist/:

- the wheel and the source archive, checked by twine and check-wheel-contents
- the list of every package in the image with its hashes (an SBOM in CycloneDX's JSON)
- the image as an OCI archive, built by podman, buildah or docker

Environment: TESTS=0 leaves `make test` out, for when it has just passed. IMAGE=0 leaves the image out. REPOSITORY is
the address of the repository, for the links that package indexes show (see scripts/package_metadata.py).
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".venv-release" / "bin"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:rc(\d+))?")
_PROJECT_VERSION = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
_UNRELEASED = "## [Unreleased]"
_FINAL = 1 << 31  # sorts a final version after its release candidates


class ReleaseError(Exception):
    """The release cannot be made. The message says why, and what to do."""


def version_key(version: str) -> tuple[int, int, int, int]:
    """The order of versions: 0.2.0rc1 < 0.2.0 < 0.2.1. Raises ReleaseError for anything but X.Y.Z and X.Y.ZrcN."""
    matched = _VERSION.fullmatch(version)
    if matched is None:
        raise ReleaseError(f"VERSION must look like 1.2.3 or 1.2.3rc1, but is {version!r}.")
    major, minor, patch, candidate = matched.groups()
    return int(major), int(minor), int(patch), _FINAL if candidate is None else int(candidate)


def released_changelog(text: str, version: str, date: dt.date) -> str:
    """Move the Unreleased part of the changelog `text` under a heading for the version; returns the new text.

    Raises ReleaseError if there is no Unreleased part, if it is empty, or if the version has a heading already.
    """
    if f"## [{version}]" in text:
        raise ReleaseError(f"CHANGELOG.md already has a heading for {version}.")
    if text.count(_UNRELEASED) != 1:
        raise ReleaseError(f"CHANGELOG.md must have exactly one line `{_UNRELEASED}`.")
    before, after = text.split(_UNRELEASED)
    entries = re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0]
    if not re.search(r"^- ", entries, re.MULTILINE):
        raise ReleaseError("CHANGELOG.md has nothing under Unreleased.")
    return f"{before}{_UNRELEASED}\n\n## [{version}] - {date.isoformat()}{after}"


def with_version(pyproject: str, version: str) -> str:
    """The text of pyproject.toml with another version."""
    changed, count = _PROJECT_VERSION.subn(f'version = "{version}"', pyproject)
    if count != 1:
        raise ReleaseError(f"pyproject.toml must have exactly one line `version = …`, but has {count}.")
    return changed


def image_command(version: str, archive: Path, which: Callable[[str], str | None] = shutil.which) -> list[list[str]]:
    """The commands that build the image and write it to `archive`, with the first builder there is.

    BUILD_OPTIONS of the environment are added to the build, such as `--isolation chroot` in a container.
    """
    name = f"stoppress:{version}"
    options = os.environ.get("BUILD_OPTIONS", "").split()
    file = ["-f", "deploy/Containerfile", "-t", name]
    if which("podman"):
        return [
            ["podman", "build", *options, *file, "."],
            ["podman", "save", "--format", "oci-archive", "-o", str(archive), name],
        ]
    if which("buildah"):
        return [
            ["buildah", "build", *options, *file, "."],
            ["buildah", "push", *storage_options(options), name, f"oci-archive:{archive}:{name}"],
        ]
    if which("docker"):
        return [["docker", "buildx", "build", *options, *file, "--output", f"type=oci,dest={archive}", "."]]
    raise ReleaseError("The image needs podman, buildah or docker. Install one, or leave it out with IMAGE=0.")


def storage_options(options: Sequence[str]) -> list[str]:
    """Those of a build's options that name where buildah keeps images, because `buildah push` needs the same."""
    return [f"{a}={b}" for a, b in zip(options, options[1:], strict=False) if a in ("--storage-driver", "--root")]


def run(command: Sequence[str], **environment: str) -> None:
    """Run a command in the checkout. Raises ReleaseError if it fails."""
    print("+", " ".join(command), flush=True)
    if subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}).returncode:
        raise ReleaseError(f"This command failed: {' '.join(command)}")


def git(*arguments: str) -> str:
    """The output of a git command in the checkout. Raises ReleaseError if it fails."""
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        raise ReleaseError(f"git {' '.join(arguments)}: {result.stderr.strip()}")
    return result.stdout.strip()


def refuse_what_cannot_be_released(version: str) -> None:
    """Raises ReleaseError if the checkout has changes, or the version is tagged or is not newer than the last one."""
    wanted = version_key(version)
    if changed := git("status", "--porcelain"):
        raise ReleaseError(f"The checkout has changes that are not committed:\n{changed}")
    tags = [tag.removeprefix("v") for tag in git("tag", "--list", "v*").splitlines()]
    for tag in tags:
        if _VERSION.fullmatch(tag) and version_key(tag) >= wanted:
            raise ReleaseError(f"Version {tag} is already tagged; expected one that is newer than that.")


def refuse_another_version(pyproject: str, version: str) -> None:
    """Raises ReleaseError if the text of pyproject.toml has another version than the one that is to be built."""
    found = _PROJECT_VERSION.search(pyproject)
    if found is None or found[1] != version:
        raise ReleaseError(f"pyproject.toml has version {found[1] if found else None}, expected {version}.")


def build(version: str, *, image: bool) -> list[Path]:
    """Build and check everything that is published; returns the files. Raises ReleaseError if a step fails."""
    folder = ROOT / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # The same source gives the same bytes: archives take their times from the commit.
    epoch = git("log", "-1", "--format=%ct")
    run([str(TOOLS / "python"), "-m", "build", "--no-isolation", "--outdir", "dist", "."], SOURCE_DATE_EPOCH=epoch)
    packages = sorted(folder.iterdir())
    run([str(TOOLS / "twine"), "check", "--strict", *map(str, packages)])
    run([str(TOOLS / "check-wheel-contents"), *(str(path) for path in packages if path.suffix == ".whl")])
    sbom = folder / f"stoppress-{version}.cdx.json"
    run(
        [
            *(str(TOOLS / "cyclonedx-py"), "requirements", "requirements/run.txt", "--pyproject", "pyproject.toml"),
            *("--mc-type", "application", "--output-reproducible", "--of", "JSON", "-o", str(sbom)),
        ]
    )
    files = [*packages, sbom]
    if image:
        archive = folder / f"stoppress-{version}.oci.tar"
        for command in image_command(version, archive):
            run(command)
        files.append(archive)
    return files


def release(version: str, *, tests: bool, image: bool) -> None:
    """Make the release `version`. Raises ReleaseError, and then leaves the checkout as it was."""
    refuse_what_cannot_be_released(version)
    pyproject, changelog = ROOT / "pyproject.toml", ROOT / "CHANGELOG.md"
    before = {path: path.read_text() for path in (pyproject, changelog)}
    after = {
        pyproject: with_version(before[pyproject], version),
        changelog: released_changelog(before[changelog], version, dt.datetime.now(dt.UTC).date()),
    }
    if image:
        image_command(version, ROOT / "dist")  # no builder: say so before the tests
    if tests:
        run(["make", "test"])
    run(["scripts/environment", "release"])
    try:
        for path, text in after.items():
            path.write_text(text)
        files = build(version, image=image)
        git("commit", "--quiet", "--message", f"Release {version}", "--", *map(str, after))
    except BaseException:
        for path, text in before.items():
            path.write_text(text)
        raise
    git("tag", "--annotate", "--message", f"Stop Press {version}", f"v{version}")
    print(f"\nStop Press {version} is built and tagged:\n")
    for file in files:
        print(f"  {file.relative_to(ROOT)}  {file.stat().st_size:,} bytes")
    print(f"\nTo publish it, push the branch and the tag: git push origin HEAD v{version}")


def main() -> int:
    """Read the arguments and make the release. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Build and tag a release.")
    parser.add_argument("version", help="such as 0.2.0")
    parser.add_argument("--build-only", action="store_true", help="build the version that is checked out, and no more")
    arguments = parser.parse_args()
    version: str = arguments.version
    image = os.environ.get("IMAGE") != "0"
    try:
        if arguments.build_only:
            refuse_another_version((ROOT / "pyproject.toml").read_text(), version)
            build(version, image=image)
        else:
            release(version, tests=os.environ.get("TESTS") != "0", image=image)
    except ReleaseError as error:
        print(f"No release was made. {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
