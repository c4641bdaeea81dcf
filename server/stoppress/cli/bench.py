"""`stoppress bench`: how soon every reader has a post."""

from __future__ import annotations

import asyncio
import resource
import sys
import uuid
from dataclasses import dataclass

import click
import uvloop

from stoppress.api_client import ApiClient
from stoppress.cli.options import Finite, server_options
from stoppress.errors import StopPressError
from stoppress.load_readers import Reader, SimulatedReaders, now

_PATIENCE = 30.0  # seconds until a reader that has nothing counts as missing
_DOUBLE = 0.3  # seconds after the last reader, for posts that come twice


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is measured: `posts` of `size` bytes, `pause` seconds between two, to so many readers."""

    readers: int
    posts: int
    size: int
    pause: float
    sse: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One post: milliseconds from sending it until the API answered, and until readers had it."""

    answered: float
    first: float
    median: float
    p99: float
    last: float
    missing: int
    double: int


@click.command(short_help="Measure how soon many readers have a post.")
@server_options
@click.option("--readers", default=1_000, show_default=True, type=click.IntRange(1, 60_000), help="How many.")
@click.option("--posts", default=10, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@click.option("--size", default=1_000, show_default=True, type=click.IntRange(1, 100_000), help="Bytes of a body.")
@click.option("--pause", default=0.5, show_default=True, type=Finite(0), help="Seconds between two posts.")
@click.option("--sse", is_flag=True, help="By Server-Sent Events rather than sockets.")
def bench(url: str, token: str | None, readers: int, posts: int, size: int, pause: float, sse: bool) -> None:
    """Open many readers on a blog of its own, publish to it, and report how long each post took to reach them.

    Prints milliseconds from the moment a post was sent until the API answered, and until the first, the median, the
    99th percentile and the last reader had it; and how many readers missed it or got it twice. The blog is deleted at
    the end. The token needs the scope `admin`. Exits with 1 when something was missing or double.

    One process of this opens some 20,000 readers and handles about 50,000 messages a second: beyond that it measures
    itself. Run several.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and readers + 100 > most:
        raise StopPressError(f"{readers} readers need as many open files, but the limit is {most} (ulimit -n).")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rounds = runner.run(_bench(url, token, Measurement(readers, posts, size, pause, sse)))
    click.echo(
        f"{'':>9} {'answered':>9} {'first':>9} {'median':>9} {'p99':>9} {'last':>9} {'missing':>9} {'double':>9}"
    )
    for number, one in enumerate(rounds, 1):
        times = " ".join(f"{ms:7.1f}ms" for ms in (one.answered, one.first, one.median, one.p99, one.last))
        click.echo(f"post {number:>4} {times} {one.missing:>9} {one.double:>9}")
    missing, double = sum(one.missing for one in rounds), sum(one.double for one in rounds)
    last = sorted(one.last for one in rounds)
    click.echo(f"{readers} readers, {len(rounds)} posts: {missing} missing, {double} double; ", nl=False)
    click.echo(f"the last reader had a post after {last[len(last) // 2]:.1f} ms (median), {last[-1]:.1f} ms (worst)")
    if missing or double:
        raise StopPressError("Not every reader got every post exactly once.")


async def _bench(url: str, token: str | None, wanted: Measurement) -> list[Round]:
    blog = f"bench-{uuid.uuid4().hex[:8]}"
    async with ApiClient(url, token) as api:
        await api.create_blog({"id": blog, "title": "A measurement"})
        simulated = SimulatedReaders(url, blog, sse=wanted.sse)
        try:
            await _let_in(simulated, wanted.readers)
            with click.progressbar(range(wanted.posts), label="Publishing", file=sys.stderr) as bar:
                rounds = []
                for number in bar:
                    body = f"{number:06d} {'x' * wanted.size}"[: max(7, wanted.size)]
                    rounds.append(await _round(api, simulated, blog, body))
                    await asyncio.sleep(wanted.pause)
            return rounds
        finally:
            await simulated.close()
            await api.delete_blog(blog)


async def _let_in(simulated: SimulatedReaders, readers: int) -> None:
    with click.progressbar(length=readers, label="Opening   ", file=sys.stderr) as bar:
        try:
            for start in range(0, readers, 500):
                count = min(500, readers - start)
                await simulated.open(count)
                bar.update(count)
        except TimeoutError as error:
            raise StopPressError(f"Only {simulated.opened} of {readers} readers got in.") from error


async def _round(api: ApiClient, simulated: SimulatedReaders, blog: str, body: str) -> Round:
    """Publish, and wait until every reader has it."""
    mark = uuid.uuid4().hex
    needle = mark.encode()
    got: dict[Reader, float] = {}
    double = 0
    everybody = asyncio.Event()

    def heard(reader: Reader, message: bytes) -> None:
        nonlocal double
        if needle in message:
            if reader in got:
                double += 1
            got[reader] = got.get(reader) or now()
            if len(got) == len(simulated.readers):
                everybody.set()

    simulated.on_message = heard
    since = now()
    await api.create_post(blog, {"title": mark, "body": f"<p>{body}</p>", "body_format": "html"})
    answered = now() - since
    try:
        async with asyncio.timeout(_PATIENCE):
            await everybody.wait()
        await asyncio.sleep(_DOUBLE)
    except TimeoutError:
        pass
    times = sorted(1000 * (at - since) for at in got.values()) or [0.0]
    return Round(
        answered * 1000,
        times[0],
        times[len(times) // 2],
        times[min(len(times) - 1, int(len(times) * 0.99))],
        times[-1],
        len(simulated.readers) - len(got),
        double,
    )
