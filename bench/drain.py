"""A process is stopped while another takes its readers over, at the same port: `make drain`.

Readers follow a story of one change a second. A second process is started at the port (STOPPRESS_SHARE_PORT), and the
first gets SIGTERM. At the end each reader must hold exactly what a fresh load shows, nothing may have come twice, and
the plot shows how evenly they came. Exits with 1 when something was missing or double.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from pathlib import Path

import uvloop
from curve import Points, curves
from deployment import BLOG, Deployment, Process, Verdict, deployment, rank, shown, story, telling, until, verdict_on

from stoppress.simulated_readers import Reader, SimulatedReaders, now

_BIN = 0.25  # seconds, in the plot


async def run(
    deployment: Deployment, readers: int, every: float, grace: float, spread: float
) -> tuple[Verdict, str, str]:
    """The verdict, what happened in Markdown, and the plot."""
    settings = {"share_port": "true", "drain": grace, "reconnect_spread": spread}
    old = deployment.serve(**settings)
    async with story(deployment) as told:
        cursor, before = await shown(told)
        simulated = SimulatedReaders(deployment.url, BLOG, follow=True, cursor=cursor)
        await simulated.open(readers)
        gone: dict[Reader, float] = {}
        back: dict[Reader, float] = {}
        again = 0

        def heard(reader: Reader, message: bytes) -> None:
            if b'"type":"bye"' in message:
                gone[reader] = now()

        def let_in(reader: Reader) -> None:
            nonlocal again
            again += reader in back
            back[reader] = now()

        simulated.on_message, simulated.on_open = heard, let_in
        async with telling(told, every):
            await asyncio.to_thread(deployment.serve, **settings)
            stopped = now()
            old.stop()
            ended = asyncio.create_task(_ended(old))
            await until(lambda: len(back) == readers, grace + spread + 60)
            over = await ended - stopped
        changes = told.told
        verdict = await verdict_on(simulated, before, told)
        await simulated.close()
    parted = sorted(at - stopped for at in gone.values())
    came = sorted(at - stopped for at in back.values())
    away = [back[reader] - at for reader, at in gone.items()]
    even = max((abs((place + 0.5) / readers - min(1.0, at / spread)) for place, at in enumerate(came)), default=0.0)
    bins = Counter(int(at / _BIN) for at in came if at < spread)
    lines = [
        f"One process disconnected its {readers} readers over {grace:g} s and asked them to come back over {spread:g} "
        f"s, while a change was published each {every:g} s ({changes} in all). Result for {verdict}.",
        "",
        "| | |",
        "| --- | --- |",
        f"| disconnected: first and last reader | {rank(parted, 0):.2f} s, {rank(parted, 1):.2f} s after SIGTERM |",
        f"| back: first and last reader | {rank(came, 0):.2f} s, {rank(came, 1):.2f} s |",
        f"| time away: median, longest | {rank(away, 0.5):.2f} s, {rank(away, 1):.2f} s |",
        f"| readers back in {_BIN:g} s: fewest, most (even: {readers * _BIN / spread:.0f}) "
        f"| {min(bins.values(), default=0)}, {max(bins.values(), default=0)} |",
        f"| largest distance from even arrivals at any moment (Kolmogorov and Smirnov) | {even:.1%} |",
        f"| readers that had to connect more than once | {again} |",
        f"| readers that got `bye` | {len(gone)} |",
        f"| time until the old process ended, after SIGTERM | {over:.2f} s |",
    ]
    counts = {"disconnected": _per_second(parted), "back": _per_second(came)}
    plot = curves(f"A drain of {readers} readers", "seconds after SIGTERM", "readers a second", counts)
    return verdict, "\n".join(lines) + "\n", plot


async def _ended(process: Process) -> float:
    """When it did."""
    await asyncio.to_thread(process.process.wait, 120)
    return now()


def _per_second(moments: list[float]) -> Points:
    bins = Counter(int(at / _BIN) for at in moments)
    return [((place + 0.5) * _BIN, bins[place] / _BIN) for place in range(max(bins, default=0) + 2)]


def main() -> int:
    """The exit code."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--readers", type=int, default=5_000)
    asks.add_argument("--every", type=float, default=1.0, help="seconds between two changes")
    asks.add_argument("--grace", type=float, default=5.0, help="STOPPRESS_DRAIN")
    asks.add_argument("--spread", type=float, default=10.0, help="STOPPRESS_RECONNECT_SPREAD")
    asks.add_argument("--port", type=int, default=47_511)
    asks.add_argument("--report", type=Path, help="a file for what is printed; the plot goes beside it, as .svg")
    chosen = asks.parse_args()
    with deployment(chosen.port) as deployed, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        verdict, text, plot = runner.run(run(deployed, chosen.readers, chosen.every, chosen.grace, chosen.spread))
    print(text)
    if chosen.report:
        chosen.report.write_text(f"# A drain\n\n{text}\n![readers a second]({chosen.report.stem}.svg)\n")
        chosen.report.with_suffix(".svg").write_text(plot)
    return not verdict.good


if __name__ == "__main__":
    sys.exit(main())
