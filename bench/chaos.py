"""SIGKILL of one of two workers while the story goes on: `make chaos`.

Half of the readers are on the worker that dies. They come back, most of them to the other one at first, while changes
are published; at the end each must hold exactly what a fresh load shows, and nothing may have come twice. Exits with 1
otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop
from deployment import BLOG, Deployment, Verdict, deployment, rank, shown, story, verdict_on

from stoppress.simulated_readers import Reader, SimulatedReaders, now

_WHILE = 2.0  # seconds over which the changes are spread: about as long as it takes readers to come back


async def run(deployment: Deployment, readers: int, changes: int) -> tuple[Verdict, str]:
    """The verdict, and what happened in Markdown."""
    worker = deployment.serve(workers=2)
    async with story(deployment) as told:
        cursor, before = await shown(told)
        simulated = SimulatedReaders(deployment.url, BLOG, follow=True, cursor=cursor)
        await simulated.open(readers)
        back: dict[Reader, float] = {}
        simulated.on_open = lambda reader: back.update({reader: now()})
        killed = now()
        os.kill(worker.workers()[0], signal.SIGKILL)
        for number in range(1, changes + 1):
            await told.change()
            await asyncio.sleep(max(0.0, killed + number / changes * _WHILE - now()))
        published = now()
        verdict = await verdict_on(simulated, before, told)
        complete = now()
        times = [at - killed for at in back.values()]
        await simulated.close()
    lines = [
        f"{readers} readers followed a blog on two workers. One worker was killed, and {changes} changes were "
        f"published from that moment on. Result for {verdict}.",
        "",
        "| | seconds after SIGKILL |",
        "| --- | --- |",
        f"| the {changes} changes were acknowledged | {published - killed:.2f} |",
        f"| half of the {len(times)} readers that were cut off were back | {rank(times, 0.5):.2f} |",
        f"| 99 % of them | {rank(times, 0.99):.2f} |",
        f"| the last of them | {rank(times, 1):.2f} |",
        f"| every reader had everything | {complete - killed:.2f} |",
    ]
    return verdict, "\n".join(lines) + "\n"


def main() -> int:
    """The exit code."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--readers", type=int, default=5_000)
    asks.add_argument("--changes", type=int, default=50)
    asks.add_argument("--port", type=int, default=47_501)
    asks.add_argument("--report", type=Path, help="a file for what is printed")
    chosen = asks.parse_args()
    with deployment(chosen.port) as deployed, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        verdict, text = runner.run(run(deployed, chosen.readers, chosen.changes))
    print(text)
    if chosen.report:
        chosen.report.write_text(f"# One of two workers killed\n\n{text}")
    return not verdict.good


if __name__ == "__main__":
    sys.exit(main())
