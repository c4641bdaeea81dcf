"""Ten minutes with readers coming and going and some stalling, to see that memory stays flat: `make soak`.

Each second a share of the readers goes away without a word, and as many come, half of them with a cursor of long ago;
some stop reading for a while, and go on or go away; the story goes on all the time. The slope of the resident memory,
by least squares over all but the first fifth (in which caches fill), must not come to more than `--growth` over the
whole run. Exits with 1 when it does, or when a reader who stayed to the end has not everything exactly once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from curve import curves
from deployment import BLOG, Deployment, Process, Verdict, deployment, shown, story, telling, verdict_on

from stoppress.simulated_readers import Reader, SimulatedReaders, now

_MIB = 1 << 20
_RING = 200
_STALL = (1.0, 20.0)  # seconds that a reader stays stalled


@dataclass
class Course:
    """How it went: (seconds, MiB) and (seconds, readers)."""

    memory: list[tuple[float, float]] = field(default_factory=list)
    readers: list[tuple[float, float]] = field(default_factory=list)
    came: int = 0
    stalled: int = 0
    told: int = 0

    @property
    def growth(self) -> float:
        """MiB over the whole run, by the slope after its first fifth."""
        lasted = self.memory[-1][0]
        steady = [point for point in self.memory if point[0] >= lasted / 5]
        times, sizes = zip(*steady, strict=True)
        return statistics.linear_regression(times, sizes).slope * lasted


async def run(deployment: Deployment, readers: int, seconds: float, every: float) -> tuple[Verdict, Course]:
    """The verdict on those who stayed, and the course."""
    # A ring that is full before the first fifth is over: until then memory grows as it should.
    process = deployment.serve(slow_timeout=15, ring_events=_RING)
    course = Course()
    async with story(deployment) as told:
        cursor, before = await shown(told)
        staying = SimulatedReaders(deployment.url, BLOG, follow=True, cursor=cursor)
        passing = SimulatedReaders(
            deployment.url, BLOG, cursor=cursor
        )  # its cursor is never renewed: they catch up with all there was
        await staying.open(readers // 4)
        await passing.open(readers - readers // 4)
        async with telling(told, every):
            await _pass_by(process, staying, passing, seconds, course)
        for reader in staying.readers:
            reader.resume_reading()
        course.told = told.told
        verdict = await verdict_on(staying, before, told)
        await passing.close()
        await staying.close()
    return verdict, course


async def _pass_by(
    process: Process, staying: SimulatedReaders, passing: SimulatedReaders, seconds: float, course: Course
) -> None:
    """A second at a time: some go, as many come, some stall or wake."""
    chance = random.Random(7)
    began = now()
    stalled: dict[Reader, float] = {}
    cursors = passing.cursor
    while (at := now() - began) < seconds:
        share = max(1, len(passing.readers) // 50)
        passing.remove(chance.sample(passing.readers, share))
        passing.cursor = None if chance.random() < 0.5 else cursors
        await passing.open(share)
        course.came += share
        for reader in [reader for reader, until in stalled.items() if until <= at]:
            del stalled[reader]
            reader.resume_reading()
        for simulated in (passing, staying):
            for reader in chance.sample(simulated.readers, max(1, len(simulated.readers) // 100)):
                if reader not in stalled:
                    stalled[reader] = at + chance.uniform(*_STALL)
                    reader.pause_reading()
                    course.stalled += 1
        course.memory.append((at, process.memory() / _MIB))
        course.readers.append((at, passing.opened + staying.opened))
        await asyncio.sleep(max(0.0, began + at + 1.0 - now()))


def report(verdict: Verdict, course: Course, growth: float) -> str:
    """Markdown."""
    sizes = [size for _, size in course.memory]
    steady = sizes[len(sizes) // 5 :]
    lasted = course.memory[-1][0]
    flat = "flat" if course.growth <= growth else "NOT FLAT"
    return (
        f"For {lasted / 60:.1f} minutes, about {course.readers[-1][1]:.0f} readers followed a blog with "
        f"{course.told} changes. Meanwhile {course.came} readers came, as many left, and {course.stalled} stalled for "
        f"{_STALL[0]:g} to {_STALL[1]:g} s. Result for the readers that stayed: {verdict}.\n\n"
        "| resident memory of the server | MiB |\n| --- | --- |\n"
        f"| at first | {sizes[0]:.1f} |\n"
        f"| after the first fifth: least, median, most | {min(steady):.1f}, {statistics.median(steady):.1f}, "
        f"{max(steady):.1f} |\n"
        f"| at the end | {sizes[-1]:.1f} |\n"
        f"| slope after the first fifth, over the whole run | {course.growth:+.2f} (at most {growth:g}: {flat}) |\n"
    )


def main() -> int:
    """The exit code."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--readers", type=int, default=2_000)
    asks.add_argument("--seconds", type=float, default=600.0)
    asks.add_argument("--every", type=float, default=0.5, help="seconds between two changes")
    asks.add_argument("--growth", type=float, default=8.0, help="MiB that the slope may come to over the whole run")
    asks.add_argument("--port", type=int, default=47_521)
    asks.add_argument("--report", type=Path, help="a file for what is printed; the plot goes beside it, as .svg")
    chosen = asks.parse_args()
    with deployment(chosen.port) as deployed, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        verdict, course = runner.run(run(deployed, chosen.readers, chosen.seconds, chosen.every))
    text = report(verdict, course, chosen.growth)
    print(text)
    if chosen.report:
        chosen.report.write_text(f"# A soak\n\n{text}\n![resident memory]({chosen.report.stem}.svg)\n")
        lines = {"resident memory, MiB": course.memory}
        plot = curves("Readers coming, going and stalling", "seconds", "MiB", lines)
        chosen.report.with_suffix(".svg").write_text(plot)
    return not (verdict.good and course.growth <= chosen.growth)


if __name__ == "__main__":
    sys.exit(main())
