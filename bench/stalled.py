"""What 1,000 stalled readers cost the others: `make stalled`.

Some readers follow; then as many more come as are to stall, stop reading, and long posts are published until each of
them is full. Rounds of ten posts with and without them alternate in one run, and each round's 99th percentile of the
time from sending a post until a reader had it is taken (the median over its posts). Reports the ratio, and what the
stalled ones take of the server's memory and of the kernel's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import uvloop
from deployment import BLOG, Deployment, Process, deployment, rank, shown, story

from stoppress.api_client import ApiClient
from stoppress.simulated_readers import Reader, SimulatedReaders, now

_MIB = 1 << 20
_POSTS = 10
_LONG = "<p>" + "The committee confirms that protest number nine will be heard tonight. " * 600 + "</p>"


@dataclass
class Kind:
    """Rounds with stalled readers, or without: 99th percentiles in ms, and MiB of the server and the kernel."""

    p99: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    kernel: list[float] = field(default_factory=list)
    missing: int = 0


def kernel_memory() -> float:
    """MiB in TCP's buffers on this whole machine (proc(5), /proc/net/sockstat)."""
    line = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    words = line.split()
    return int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE") / _MIB


async def run(deployment: Deployment, readers: int, stalled: int, rounds: int) -> dict[str, Kind]:
    """The rounds' results, by `without` and `with`."""
    process = deployment.serve(slow_timeout=3_600)
    kinds = {"without": Kind(), "with": Kind()}
    async with story(deployment) as told:
        cursor, _ = await shown(told)
        others = SimulatedReaders(deployment.url, BLOG, cursor=cursor)
        await others.open(readers)
        await _round(told.api, others, process, Kind())  # the first warms up
        for _ in range(rounds):
            await _round(told.api, others, process, kinds["without"])
            stuck = SimulatedReaders(deployment.url, BLOG)
            await stuck.open(stalled)
            for reader in stuck.readers:
                reader.pause_reading()
            await _fill(told.api, deployment.url, stalled)
            await _round(told.api, others, process, kinds["with"])
            await stuck.close()
            await _relieved(deployment.url)
        await others.close()
    return kinds


async def _fill(api: ApiClient, url: str, stalled: int) -> None:
    """Publish long posts until all of them are full."""
    lagging = 0.0
    while lagging < stalled:
        await api.change_post(BLOG, "post-0", {"body": f"{_LONG}<p>{uuid.uuid4().hex}</p>"})
        lagging = (await _metrics(url))["stoppress_readers_lagging"]
    await asyncio.sleep(1.0)  # until what was written to the others is read


async def _relieved(url: str) -> None:
    """Return when the server has seen them go."""
    lagging = 1.0
    while lagging:
        lagging = (await _metrics(url))["stoppress_readers_lagging"]
        await asyncio.sleep(0.1)


async def _round(api: ApiClient, simulated: SimulatedReaders, process: Process, kind: Kind) -> None:
    p99, last = [], []
    for _ in range(_POSTS):
        times, missing = await _post(api, simulated)
        p99.append(rank(times, 0.99))
        last.append(times[-1])
        kind.missing += missing
        await asyncio.sleep(0.3)
    kind.p99.append(statistics.median(p99))
    kind.last.append(statistics.median(last))
    kind.memory.append(process.memory() / _MIB)
    kind.kernel.append(kernel_memory())


async def _post(api: ApiClient, simulated: SimulatedReaders) -> tuple[list[float], int]:
    """The sorted times, in ms, after which each of the swarm had a post; how many never had it."""
    mark = uuid.uuid4().hex
    needle = mark.encode()
    got: dict[Reader, float] = {}
    everybody = asyncio.Event()

    def heard(reader: Reader, message: bytes) -> None:
        if needle in message:
            got[reader] = now()
            if len(got) == len(simulated.readers):
                everybody.set()

    simulated.on_message = heard
    since = now()
    await api.create_post(BLOG, {"title": mark, "body": "<p>" + "Heron leads by forty metres. " * 24 + "</p>"})
    try:
        async with asyncio.timeout(30):
            await everybody.wait()
    except TimeoutError:
        pass
    return sorted(1000 * (at - since) for at in got.values()) or [0.0], len(simulated.readers) - len(got)


async def _metrics(url: str) -> dict[str, float]:
    async with httpx2.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"{url}/metrics")).text
    return {
        name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")
    }


def report(kinds: dict[str, Kind], readers: int, stalled: int) -> str:
    """Markdown."""
    lines = [
        f"{readers} readers got {_POSTS} posts in each round. In every second round, {stalled} stalled readers were "
        "connected as well.",
        "",
        "| | p99 of the others, each round | median | last reader | server | TCP's buffers, whole machine | missing |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {', '.join(f'{ms:.1f}' for ms in kind.p99)} ms | {statistics.median(kind.p99):.1f} ms "
        f"| {statistics.median(kind.last):.1f} ms | {statistics.median(kind.memory):.0f} MiB "
        f"| {statistics.median(kind.kernel):.0f} MiB | {kind.missing} |"
        for name, kind in kinds.items()
    ]
    slow, quick = kinds["with"], kinds["without"]
    ratio = statistics.median(slow.p99) / statistics.median(quick.p99)
    server = (statistics.median(slow.memory) - statistics.median(quick.memory)) * 1024 / stalled
    kernel = (statistics.median(slow.kernel) - statistics.median(quick.kernel)) * 1024 / stalled
    lines += [
        "",
        f"The ratio of the medians, with to without, is {ratio:.2f} (target: at most 1.2). A stalled reader takes "
        f"{server:.0f} KiB of the server's memory and {kernel:.0f} KiB of the kernel's, including the buffers of the "
        "reader's own side.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """The exit code: 1 when a reader that does read missed a post."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--readers", type=int, default=5_000)
    asks.add_argument("--stalled", type=int, default=1_000)
    asks.add_argument("--rounds", type=int, default=4)
    asks.add_argument("--port", type=int, default=47_531)
    asks.add_argument("--report", type=Path, help="a file for what is printed")
    chosen = asks.parse_args()
    with deployment(chosen.port) as deployed, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        kinds = runner.run(run(deployed, chosen.readers, chosen.stalled, chosen.rounds))
    text = report(kinds, chosen.readers, chosen.stalled)
    print(text)
    if chosen.report:
        chosen.report.write_text(f"# Stalled readers\n\n{text}")
    return any(kind.missing for kind in kinds.values())


if __name__ == "__main__":
    sys.exit(main())
