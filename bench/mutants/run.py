"""Changes the program in small ways, and sees whether a test notices: `make mutants`.

    bench/mutants/run.py                                70 mutants of all modules below
    bench/mutants/run.py --module hub/ring.py --number 6 --seed 3

Each mutant is one change of one module of server/stoppress: another comparison, another number, a statement less. It is
made in a copy of the checkout, and the tests of its module (TESTS, the mirrored file first) run until one fails. One
that makes them run far longer than usual counts as killed too. The sample is drawn evenly from all mutants, so a module
counts by its size, and a seed always draws the same ones.

Survivors are printed. One that changes nothing that users or operators can tell goes into tests/mutants.toml, with why:
it is not drawn again. An entry there without `becomes` is for all mutants of its line, such as those of a size that was
chosen. An entry that matches no mutant any more is reported.

Exits with 1 when fewer than nine of ten mutants die, or an entry is stale; with 2 when the tests fail as they are.

Why not a library: mutmut (3.8) leaves alone what stands outside functions, such as the table of statuses that may
follow each other, and every function with a decorator. cosmic-ray (8.7) has one test command for all modules, changes
the checkout in place, and has no operator that takes a statement away, which is what the tests had missed most. Neither
draws a sample by seed, and neither knows Lua.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from operators import Mutant, lua_mutants, python_mutants

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path("server/stoppress")
ACCEPTED = ROOT / "tests" / "mutants.toml"
AT_ONCE = 2
WANTED = 0.9

_HUB = ("hub/test_channel.py", "hub/test_reader.py", "hub/test_hub.py")
TESTS: dict[str, tuple[str, ...]] = {
    "hub/ring.py": ("hub/test_ring.py", "hub/test_reader.py"),
    "hub/roster.py": ("hub/test_roster.py", *_HUB),
    "hub/encoded_message.py": ("hub/test_encoded_message.py", "hub/test_ring.py", "hub/sse", *_HUB),
    "hub/channel.py": (*_HUB, "hub/sse/test_event_stream.py"),
    "hub/channels.py": ("hub/test_channels.py", "hub/follow", "hub/test_channel_opener.py"),
    "hub/channel_opener.py": ("hub/test_channel_opener.py",),
    "hub/hello.py": ("hub/test_hello.py", *_HUB),
    "hub/admission.py": ("hub/test_admission.py", "hub/socket/test_upgrade.py", "hub/test_hub.py"),
    "hub/flow_control.py": ("hub/test_flow_control.py", "hub/test_reader.py"),
    "hub/reader.py": (
        "hub/test_reader.py",
        "hub/test_flow_control.py",
        "hub/test_channel.py",
        "hub/socket/test_connection.py",
    ),
    "hub/follow/burst_window.py": ("hub/follow/test_burst_window.py", "hub/follow/test_tail.py"),
    "hub/follow/tail.py": ("hub/follow/test_tail.py",),
    "hub/follow/verify_with_store.py": ("hub/follow/test_verify_with_store.py", "hub/follow/test_tail.py"),
    "hub/follow/catchup.py": ("hub/follow/test_catchup.py",),
    "hub/follow/history_pages.py": ("hub/follow/test_history_pages.py",),
    "resume.py": ("test_resume.py",),
    "store/commit.lua": ("store/test_contract.py", "editing/test_histories.py", "web/api/test_batch.py"),
    "editing/transitions.py": ("editing/test_transitions.py", "editing/test_posts.py"),
    "editing/next_revision.py": ("editing/test_next_revision.py", "editing/test_posts.py", "editing/test_blogs.py"),
    "editing/required_content.py": ("editing/test_next_revision.py", "editing/test_posts.py"),
    "editing/new_posts.py": ("editing/test_posts.py", "web/api/test_batch.py", "web/api/test_life.py"),
    "editing/idempotency.py": ("editing/test_posts.py", "web/api/test_batch.py", "web/api/test_life.py"),
    "editing/posts.py": ("editing/test_posts.py", "web/api/test_life.py"),
    "editing/schedule.py": ("editing/test_schedule.py", "web/api/test_life.py"),
    "editing/conflict_retries.py": ("editing/test_posts.py", "editing/test_blogs.py"),
    "editing/blogs.py": ("editing/test_blogs.py", "editing/test_schedule.py"),
}


def mutants_of(module: str) -> list[Mutant]:
    """All there are of a module."""
    source = (ROOT / SOURCE / module).read_text()
    return list((lua_mutants if module.endswith(".lua") else python_mutants)(module, source))


class Copy:
    """A copy of the checkout in which mutants are tried, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tmp").mkdir(parents=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

    def test(self, module: str, limit: float) -> str:
        """`killed`, `survived` or `timeout`: how the tests of `module` come out now. `limit` is in seconds."""
        tests = [f"tests/{name}" for name in TESTS[module]]
        environment = os.environ | {
            "PYTHONPATH": str(self.folder / "server"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "TMPDIR": str(self.folder / "tmp"),  # the store runs there
        }
        # One loop and one server do here: a rule that only the other one holds is not what a mutant breaks.
        only = ["-k", "not uvloop and not redis", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
        plugins = ["-p", "anyio.pytest_plugin", "-p", "_hypothesis_pytestplugin", "--hypothesis-seed=0"]
        running = subprocess.Popen(
            [sys.executable, "-m", "pytest", *only, *plugins, *tests],
            cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            self.output = running.communicate(timeout=limit)[0].decode()
        except subprocess.TimeoutExpired:
            self.end_all()
            running.communicate()
            return "timeout"
        return "killed" if running.returncode else "survived"

    def end_all(self) -> None:
        """End what runs in this copy: the tests, and the store that they started."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").readlink().is_relative_to(self.folder):
                    os.kill(int(process.name), signal.SIGKILL)

    def put(self, module: str, source: str) -> None:
        """Write the module, and leave no bytecode of what was there."""
        path = self.folder / SOURCE / module
        path.write_text(source)
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()

    def try_out(self, mutant: Mutant, limit: float) -> str:
        """Run the tests of one mutant and say whether they noticed it."""
        source = (ROOT / SOURCE / mutant.module).read_text()
        self.put(mutant.module, source[: mutant.start] + mutant.text + source[mutant.end :])
        try:
            return self.test(mutant.module, limit)
        finally:
            self.put(mutant.module, source)


def is_accepted(one: Mutant, entries: list[dict[str, str]]) -> bool:
    """Whether an entry names the mutant. One without `becomes` names every mutant of its line."""
    return any(
        (entry["module"], entry["was"], entry.get("becomes", one.becomes)) == (one.module, one.was, one.becomes)
        for entry in entries
    )


def main() -> int:
    """Draw, try, report."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--module", action="append", choices=sorted(TESTS), help="only of this one; may be repeated")
    options.add_argument("--number", type=int, default=70, help="how many (%(default)s)")
    options.add_argument("--seed", type=int, default=1, help="which ones (%(default)s)")
    chosen = options.parse_args()
    modules = chosen.module or list(TESTS)
    missing = {name for module in modules for name in TESTS[module] if not (ROOT / "tests" / name).exists()}
    if missing:
        options.error(f"expected tests that exist, but TESTS names {', '.join(sorted(missing))}")
    every = [one for module in modules for one in mutants_of(module)]
    accepted = [entry for entry in tomllib.loads(ACCEPTED.read_text())["mutant"] if entry["module"] in modules]
    stale = [entry for entry in accepted if not any(is_accepted(one, [entry]) for one in every)]
    for entry in stale:
        print(f"stale     {ACCEPTED.name} has no such mutant any more: {entry}")
    every = [one for one in every if not is_accepted(one, accepted)]
    drawn = random.Random(chosen.seed).sample(every, min(chosen.number, len(every)))
    outcomes: dict[str, list[Mutant]] = {"killed": [], "timeout": [], "survived": []}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(Copy(Path(folder, str(number))))

        def unchanged(module: str) -> tuple[str, str, float]:
            at, began = copies.get(), time.monotonic()
            outcome = at.test(module, 600)
            copies.put(at)
            return outcome, at.output, time.monotonic() - began

        wanted = sorted({one.module for one in drawn})
        limits = {}
        for module, (outcome, output, seconds) in zip(wanted, pool.map(unchanged, wanted), strict=True):
            if outcome != "survived":
                print(f"The tests of {module} fail as they are:\n{output[-3000:]}")
                return 2
            limits[module] = 20 + 5 * seconds

        def tried(one: Mutant) -> tuple[Mutant, str]:
            at = copies.get()
            try:
                return one, at.try_out(one, limits[one.module])
            finally:
                copies.put(at)

        for one, outcome in pool.map(tried, drawn):
            outcomes[outcome].append(one)
            print(f"{outcome:9} {one if outcome == 'survived' else str(one).partition(chr(10))[0]}", flush=True)
    dead = len(outcomes["killed"]) + len(outcomes["timeout"])
    counts = ", ".join(f"{len(found)} {outcome}" for outcome, found in outcomes.items())
    print(f"{len(drawn)} of {len(every)} mutants: {counts}; {len(accepted)} accepted in {ACCEPTED.relative_to(ROOT)}")
    return 1 if stale or dead < WANTED * len(drawn) else 0


if __name__ == "__main__":
    sys.exit(main())
