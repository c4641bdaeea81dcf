"""The first page of a long blog from the server's cache, beside a bare Starlette `Response` of the same bytes.

    make bench-pages [BENCH='--posts 2000 --rounds 5 --seconds 3 --connections 64']

One Stop Press (with its store) and two bare servers, one for the plain bytes and one for the gzipped ones, are asked in
turns by bench/get.c; the ratio is of the medians over the rounds. Nothing of it is a test that fails by the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import servers

PATH = "/blogs/bench"
# What a browser sends with a navigation; the form is asked for besides.
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: none",
    "Upgrade-Insecure-Requests: 1",
)
FORMS = {"plain": "identity", "gzip": "gzip, deflate, br"}
_PER_CONNECTION = {"date", "server", "connection", "transfer-encoding"}  # uvicorn's own, or not of the answer


@dataclass(frozen=True)
class Round:
    """Requests a second, microseconds of the server process's CPU for each, and milliseconds until it was answered."""

    rate: float
    cpu: float
    median: float
    p99: float


def fill(server: servers.Server, posts: int) -> None:
    """So many posts, by hundreds."""
    for start in range(0, posts, 100):
        batch = [{"title": f"Race {n}", "body": f"<p>{servers.text(600)}</p>"} for n in range(start, start + 100)]
        server._post(
            "/v1/blogs/bench/posts:batch",
            json.dumps({"posts": batch}).encode(),
            {"Authorization": f"Bearer {server.token}"},
        )


def answer(port: int, accepts: str) -> tuple[Mapping[str, str], bytes]:
    """The page as it is answered: its headers and its bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", PATH, headers={"Accept-Encoding": accepts})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"expected the page, but got {response.status}: {body[:200]!r}")
    return {name: value for name, value in response.getheaders() if name.lower() not in _PER_CONNECTION}, body


@contextlib.contextmanager
def bare(port: int, folder: Path, headers: Mapping[str, str], body: bytes) -> Iterator[servers.Server]:
    """bench/bare.py, with this answer."""
    (folder / f"{port}.json").write_text(json.dumps(dict(headers)))
    (folder / f"{port}.body").write_bytes(body)
    command = [sys.executable, str(servers.HERE / "bare.py"), str(port)]
    with servers._running([*command, str(folder / f"{port}.json"), str(folder / f"{port}.body")], port) as process:
        yield servers.Server("bare Response", port, process.pid, PATH)


def ask(program: str, server: servers.Server, accepts: str, connections: int, seconds: float) -> Round:
    """One round of bench/get.c."""
    before = server.cpu()[0]
    command = [program, str(server.port), PATH, str(connections), str(seconds), *BROWSER, f"Accept-Encoding: {accepts}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    requests, took, _, median, p99 = (float(value) for value in said)
    return Round(requests / took, (server.cpu()[0] - before) / requests * 1e6, median, p99)


def table(form: str, size: int, rounds: Mapping[str, list[Round]]) -> str:
    """Markdown: a line for each server, with medians over the rounds."""
    lines = []
    floor: Round | None = None
    for name, all_rounds in rounds.items():
        fields = ("rate", "cpu", "median", "p99")
        one = Round(*(statistics.median(getattr(each, field) for each in all_rounds) for field in fields))
        floor = floor or one
        lines.append(
            f"| {form}, {size:,} bytes | {name} | {one.rate:,.0f} | {one.rate / floor.rate:.2f} | {one.cpu:.1f} µs "
            f"| {floor.cpu / one.cpu:.2f} | {one.median:.2f} ms | {one.p99:.2f} ms |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--port", type=int, default=19_460)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sp-") as place, contextlib.ExitStack() as running:
        folder = Path(place)
        program = servers.build("get", folder)
        stop_press = running.enter_context(servers.stoppress(given.port, folder))
        fill(stop_press, given.posts)
        answers = {form: answer(given.port, accepts) for form, accepts in FORMS.items()}
        bares = {
            form: running.enter_context(bare(given.port + i, folder, *answers[form])) for i, form in enumerate(FORMS, 1)
        }
        print("| the page | server | requests a second | to the bare one | CPU a request | by CPU | median | p99 |")
        print("| --- " * 8 + "|")
        for form, accepts in FORMS.items():
            asked = (bares[form], stop_press)
            rounds: dict[str, list[Round]] = {server.name: [] for server in asked}
            for turn in range(given.rounds + 1):
                for server in asked:
                    one = ask(program, server, accepts, given.connections, given.seconds)
                    if turn:  # the first warms up
                        rounds[server.name].append(one)
            print(table(form, len(answers[form][1]), rounds), flush=True)


if __name__ == "__main__":
    main()
