"""Several workers on one port: one number of readers, one set of metrics, and nobody misses anything when one dies."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from e2e.server import TOKEN, EditorClient, Server, running
from stoppress.simulated_readers import SimulatedReaders
from waiting import eventually, until

pytestmark = pytest.mark.server

READERS = 300


@pytest.fixture
def worker(short_folder: Path) -> Iterator[Server]:
    with running(short_folder, workers="2", verify="0.5") as server:
        until(lambda: listeners(server) == 2, "both workers listen")
        yield server


def listeners(server: Server) -> int:
    """How many sockets listen on the server's port; the parent's only holds it (proc_net_tcp: state 0A is LISTEN)."""
    port = f":{int(server.url.rpartition(':')[2]):04X}"
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(fields[1].endswith(port) and fields[3] == "0A" for fields in sockets)


def workers_of(server: Server) -> list[int]:
    """The pids of those that serve."""
    assert server.process
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def metric(server: Server, name: str) -> float:
    lines = httpx2.get(f"{server.url}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(name)).rpartition(" ")[2])


def test_readers_and_metrics_are_summed_over_the_workers(worker: Server) -> None:
    editor = EditorClient(worker.url)
    blog = editor.blog(id="night", title="Night")["blog"]["id"]
    assert len(workers_of(worker)) == 2

    async def read() -> None:
        simulated = SimulatedReaders(worker.url, blog)
        await simulated.open(READERS)
        here = asyncio.get_running_loop()

        async def counted() -> bool:
            stats = await here.run_in_executor(None, editor.get, f"/v1/blogs/{blog}/stats")
            return bool(stats["readers"] == READERS)

        await eventually(counted, "the stats name all readers")
        total = await here.run_in_executor(None, metric, worker, 'stoppress_readers{transport="socket"}')
        assert total == READERS
        await simulated.close()

    asyncio.run(read())
    editor.close()


def test_each_worker_made_room_for_its_readers_before_they_come(worker: Server) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 15_000 + 32 + 500  # STOPPRESS_READERS_MAX, STOPPRESS_REDIS_CONNECTIONS and the rest
    for pid in workers_of(worker):
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        assert int(status["FDSize"]) >= (wanted if most == resource.RLIM_INFINITY else min(wanted, most))


def test_what_both_workers_did_is_one_set_of_metrics(worker: Server) -> None:
    editor = EditorClient(worker.url)
    blog = editor.blog(id="tide", title="The tide")["blog"]["id"]
    cursor = editor.post(blog, id="first", title="High water")["cursor"]

    async def read() -> None:
        here = asyncio.get_running_loop()
        simulated = SimulatedReaders(worker.url, blog, follow=True, cursor=cursor)
        await simulated.open(READERS)
        head = (await here.run_in_executor(None, lambda: editor.post(blog, id="second", title="Slack water")))["cursor"]

        async def all_have_it() -> bool:
            return all(reader.cursor == head for reader in simulated.readers)

        await eventually(all_have_it, "every reader has the change")

        async def summed() -> bool:
            counted = await here.run_in_executor(None, metric, worker, "stoppress_deliveries_total")
            return counted == READERS

        await eventually(summed, "the deliveries of both are summed")
        for name, wanted in (
            ('stoppress_resumes_total{kind="ring"}', READERS),
            ("stoppress_changes_total", 2),
            ("stoppress_fanout_seconds_count", 2),
            ("stoppress_blogs_followed", 2),
            ("stoppress_readers_lagging", 0),
        ):
            assert await here.run_in_executor(None, metric, worker, name) == wanted, name
        await simulated.close()

    asyncio.run(read())
    editor.close()


def test_sigkill_of_one_of_two_workers_loses_and_doubles_nothing(worker: Server) -> None:
    editor = EditorClient(worker.url)
    blog = editor.blog(id="night", title="Night")["blog"]["id"]
    for number in range(10):
        editor.post(blog, id=f"p{number}", title=f"Before {number}")

    async def read() -> None:
        here = asyncio.get_running_loop()
        simulated = SimulatedReaders(worker.url, blog, follow=True)
        await simulated.open(READERS)
        victim = workers_of(worker)[0]
        os.kill(victim, signal.SIGKILL)

        def fifty_changes() -> None:
            editor = EditorClient(worker.url)  # the other's connection may have been to the victim
            for number in range(50):
                match number % 3:
                    case 0:
                        editor.post(blog, id=f"n{number}", title=f"New {number}")
                    case 1:
                        editor.edit(blog, f"p{number % 10}", title=f"Edited {number}")
                    case _:
                        editor.delete(blog, f"n{number - 2}")
            editor.close()

        await here.run_in_executor(None, fifty_changes)
        late = EditorClient(worker.url)
        head = str(late.get(f"/v1/blogs/{blog}/stats")["cursor"])

        async def all_there() -> bool:
            return all(reader.cursor == head for reader in simulated.readers)

        await eventually(all_there, "every reader is at the head")
        posts = late.get(f"/v1/blogs/{blog}/posts?limit=100")["posts"]
        shown = {post["id"]: post["revision"] for post in posts}
        for reader in simulated.readers:
            for post, revision in shown.items():
                # What it never heard of has not changed since it came.
                assert reader.state.get(post, revision) == revision
            assert {post for post in reader.state if post.startswith("n")} >= {p for p in shown if p.startswith("n")}
            assert (reader.duplicates, reader.resets) == (0, 0)
        late.close()
        await simulated.close()

    asyncio.run(read())
    until(lambda: len(workers_of(worker)) == 2, "the worker was started anew")
    editor.close()


def test_workers_stop_when_their_parent_is_killed(worker: Server) -> None:
    pids = workers_of(worker)
    worker.kill()
    until(lambda: not any(_runs(pid) for pid in pids), "the workers stop")
    worker.start()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_demo_goes_on_when_the_worker_that_plays_it_dies(short_folder: Path) -> None:
    with running(short_folder, workers="2", demo="1") as server, closing(EditorClient(server.url)) as editor:
        until(lambda: _blogs(editor) == ["demo"], "the demo has begun")
        first = min(workers_of(server))
        os.kill(first, signal.SIGKILL)
        until(lambda: not _runs(first), "the player is dead")
        with closing(EditorClient(server.url)) as survivor:
            # Whoever plays begins anew what is no longer live; a demo whose player is gone would stay ended.
            survivor.change_blog("demo", status="ended")
            until(lambda: _live(survivor), "the demo is played again")
        assert (server.data / "server.out").read_text().count("Stop Press is ready.") == 1


def _live(editor: EditorClient) -> bool:
    return [blog["status"] for blog in editor.get("/v1/blogs")["blogs"]] == ["live"]


def _blogs(editor: EditorClient) -> list[str]:
    return [blog["id"] for blog in editor.get("/v1/blogs")["blogs"]]


def test_the_bench_command_measures(worker: Server) -> None:
    from click.testing import CliRunner

    from stoppress.cli import commands

    options = ["bench", "--url", worker.url, "--token", TOKEN, "--readers", "50", "--posts", "2", "--pause", "0"]
    for more in ([], ["--sse"]):
        result = CliRunner().invoke(commands, [*options, *more])
        assert result.exit_code == 0, result.output
        assert "50 readers, 2 posts: 0 missing, 0 double" in result.output
