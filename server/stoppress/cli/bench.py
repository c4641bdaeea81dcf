"""`stoppress bench`: measures how long a post takes to reach every reader."""

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
from stoppress.simulated_readers import Reader, SimulatedReaders, now

_PATIENCE = 30.0  # seconds until a reader without the post counts as missing
_DOUBLE = 0.3  # seconds to wait after the last reader for posts that arrive twice


@dataclass(frozen=True, slots=True)
class Measurement:
    """The parameters of a run: the number of readers, and of posts of `size` bytes, `pause` seconds apart."""

    readers: int
    posts: int
    size: int
    pause: float
    sse: bool


@dataclass(frozen=True, slots=True)
class Round:
    """The result for one post: milliseconds from the request until the API answered, and until readers had the post.

    `missing` readers never got it, and `double` counts the times a reader got it again.
    """

    answered: float
    first: float
    median: float
    p99: float
    last: float
    missing: int
    double: int


@click.command(short_help="Measure how long a post takes to reach many readers.")
@server_options
@click.option("--readers", default=1_000, show_default=True, type=click.IntRange(1, 60_000), help="Number of readers.")
@click.option("--posts", default=10, show_default=True, type=click.IntRange(1, 10_000), help="Number of posts.")
@click.option("--size", default=1_000, show_default=True, type=click.IntRange(1, 100_000), help="Bytes of each body.")
@click.option("--pause", default=0.5, show_default=True, type=Finite(0), help="Seconds between posts.")
@click.option("--sse", is_flag=True, help="Read by Server-Sent Events instead of WebSocket.")
def bench(url: str, token: str | None, readers: int, posts: int, size: int, pause: float, sse: bool) -> None:
    """Create a blog, open many readers on it, publish to it, and report how long each post takes to reach them.

    For each post it prints the milliseconds from the request until the API answered, and until the first, the median,
    the 99th percentile and the last reader had the post; also how many readers missed it or got it twice. Exits with 1
    if any reader did. The blog is deleted at the end. The token needs the scope `admin`.

    One bench process can open some 20,000 readers and handle about 50,000 messages a second. Beyond that it measures
    itself: run several.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and readers + 100 > most:
        raise StopPressError(
            f"{readers} readers need as many open files, but the limit is {most}. Raise it with ulimit -n."
        )
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
            await _open_readers(simulated, wanted.readers)
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


async def _open_readers(simulated: SimulatedReaders, readers: int) -> None:
    with click.progressbar(length=readers, label="Opening   ", file=sys.stderr) as bar:
        try:
            for start in range(0, readers, 500):
                count = min(500, readers - start)
                await simulated.open(count)
                bar.update(count)
        except TimeoutError as error:
            raise StopPressError(f"Only {simulated.opened} of {readers} readers could connect.") from error


async def _round(api: ApiClient, simulated: SimulatedReaders, blog: str, body: str) -> Round:
    """Publish one post, and wait until every reader has it or `_PATIENCE` has passed."""
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
