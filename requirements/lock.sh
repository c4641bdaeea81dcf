#!/bin/sh
# Renews the lock files: exact versions with their hashes, for every platform and every Python from 3.11 on, and no index
# named. scripts/resolve-targets shows that they can be installed on each.
set -eu
cd "$(dirname "$0")/.."
lock="uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate"
export UV_NO_PROGRESS=1
# hatchling builds the checkout itself (make run installs it in place, with no second index look-up).
echo hatchling | $lock "$@" pyproject.toml - -o requirements/run.txt
# Only what the extra adds to run.txt: scripts/environment leaves it out where there is no wheel.
python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["embedded"], sep="\n")' |
    $lock "$@" - -c requirements/run.txt -o requirements/embedded.txt
$lock "$@" --group dev pyproject.toml -c requirements/run.txt -c requirements/embedded.txt -o requirements/dev.txt
# The documentation site is built in an environment of its own.
$lock "$@" --group docs -o requirements/docs.txt
# So is what builds a release.
$lock "$@" --group release -o requirements/release.txt
