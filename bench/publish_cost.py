"""What publishing costs: `make bench-publish`.

Three figures, all in one run and on one machine, so that ratios count: a bare XADD of the same bytes on the same kind
of embedded store with the same fsync (the floor), POST to 201, and POST to a reader's socket. Then the curve: what a
change, a list and a page cost while a blog grows to many posts and changes.

    python bench/publish_cost.py [--seconds 5] [--posts 10000] [--changes 50000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from stoppress.store.embedded.server import EmbeddedValkey

TOKEN = "bench-token-bench-token-bench-token"
BODY = "<p>" + "The gates are closed until dawn, the harbour master says. " * 12 + "</p>"
POST = {"title": "The gates are closed", "body": BODY, "tags": ["harbour"]}
CLIENTS = 16


def told(name: str, seconds: list[float], took: float) -> None:
    """One line of the table."""
    ordered = sorted(seconds)
    p50, p99 = statistics.median(ordered) * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3
    print(f"{name:<44}{len(ordered) / took:>9,.0f} /s{p50:>9.2f} ms{p99:>9.2f} ms{len(ordered):>8}")


async def measured(act: Callable[[], Awaitable[object]], clients: int, seconds: float) -> tuple[list[float], float]:
    """How long each act took, by so many at once for so long; and how long it all took."""
    times: list[float] = []
    began = time.perf_counter()

    async def client() -> None:
        while time.perf_counter() - began < seconds:
            start = time.perf_counter()
            await act()
            times.append(time.perf_counter() - start)

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, time.perf_counter() - began


async def floor(seconds: float) -> None:
    """A bare XADD, on an embedded store of its own."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder:
        embedded = EmbeddedValkey(Path(folder))
        await asyncio.to_thread(embedded.start)
        record = json.dumps(POST)
        try:
            async with Redis.from_url(embedded.url, protocol=2, max_connections=CLIENTS) as redis:
                for clients in (1, CLIENTS):
                    times, took = await measured(lambda: redis.xadd("stream", {"record": record}), clients, seconds)
                    told(f"bare XADD with fsync, {clients} at once", times, took)
        finally:
            await asyncio.to_thread(embedded.stop)


async def publishing(url: str, http: httpx2.AsyncClient, seconds: float) -> None:
    """POST to 201, and POST to a reader's socket."""
    await http.post("/v1/blogs", json={"id": "bench", "title": "Bench"})

    async def publish() -> None:
        (await http.post("/v1/blogs/bench/posts", json=POST)).raise_for_status()

    for clients in (1, CLIENTS):
        times, took = await measured(publish, clients, seconds)
        told(f"POST to 201, {clients} at once", times, took)
    for pause, name in ((0.0, "one after the other"), (0.05, "20 a second")):
        await to_a_socket(url, http, seconds, pause, name)


async def to_a_socket(url: str, http: httpx2.AsyncClient, seconds: float, pause: float, name: str) -> None:
    """POST to a reader's socket. One after the other they are a burst, which the hub joins: see decision 0031."""
    times = []
    began = time.perf_counter()
    async with connect(url.replace("http", "ws") + "/v1/blogs/bench/socket", proxy=None) as socket:
        await socket.recv()  # hello
        while time.perf_counter() - began < seconds:
            post = f"s{len(times)}-{pause * 1000:.0f}"
            start = time.perf_counter()
            posting = asyncio.create_task(http.post("/v1/blogs/bench/posts", json={"id": post, **POST}))
            while json.loads(await socket.recv()).get("post", {}).get("id") != post:
                pass
            times.append(time.perf_counter() - start)
            await posting
            await asyncio.sleep(pause)
    told(f"POST to a reader's socket, {name}", times, time.perf_counter() - began)


async def curve(http: httpx2.AsyncClient, posts: int, changes: int) -> None:
    """What a single post, an edit, a list and a page cost as a blog grows."""
    await http.post("/v1/blogs", json={"id": "long", "title": "Long"})
    print(f"\n{'posts':>8}{'changes':>9}{'POST p50':>12}{'PATCH p50':>12}{'list p50':>12}{'page p50':>12}")
    made = edits = 0
    steps = 5
    for step in range(steps + 1):
        while made < posts * step // steps:
            batch = [{"id": f"p{made + i}", **POST} for i in range(min(500, posts * step // steps - made))]
            (await http.post("/v1/blogs/long/posts:batch", json={"posts": batch})).raise_for_status()
            made += len(batch)
        wanted = (changes - posts) * step // steps
        while made and edits < wanted:
            count = min(CLIENTS, wanted - edits)
            await asyncio.gather(
                *(
                    http.patch(
                        f"/v1/blogs/long/posts/p{(edits + i) * 7919 % made}", json={"title": f"Edit {edits + i}"}
                    )
                    for i in range(count)
                )
            )
            edits += count
        found = []
        asks: tuple[Callable[[int], Awaitable[httpx2.Response]], ...] = (
            lambda i, step=step: http.post("/v1/blogs/long/posts", json={"id": f"x{step}-{i}", **POST}),
            lambda i, step=step: http.patch(f"/v1/blogs/long/posts/x{step}-{i}", json={"title": "Edited"}),
            lambda _: http.get("/v1/blogs/long/posts?limit=20"),
            lambda _: http.get("/blogs/long"),
        )
        for ask in asks:
            times = []
            for i in range(60):
                start = time.perf_counter()
                (await ask(i)).raise_for_status()
                times.append(time.perf_counter() - start)
            found.append(statistics.median(times) * 1e3)
        print(f"{made:>8}{made + edits:>9}" + "".join(f"{each:>9.2f} ms" for each in found), flush=True)


async def main() -> None:
    """Everything, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=50_000)
    given = parser.parse_args()
    print(f"{'':<44}{'':>12}{'p50':>12}{'p99':>12}{'n':>8}")
    await floor(given.seconds)
    with tempfile.TemporaryDirectory(prefix="sp-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
        environment |= {"STOPPRESS_DATA": folder, "STOPPRESS_ADMIN_TOKEN": TOKEN, "STOPPRESS_PORT": "0"}
        environment |= {"STOPPRESS_LOG_LEVEL": "warning"}
        server = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "stoppress", "serve"], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout
            url = ""
            while not url:
                line = await asyncio.to_thread(server.stdout.readline)
                assert line, "the server ended"
                url = (re.findall(r"(http://\S+)/docs", line) or [""])[0]
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
                await publishing(url, http, given.seconds)
                await curve(http, given.posts, given.changes)
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    asyncio.run(main())
