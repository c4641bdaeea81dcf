"""Large input is handled in processes that can be killed."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import time
from functools import partial

import pytest

from stoppress.editing.content_workers import BODIES_AT_ONCE, BODIES_HERE, JSON_HERE, WAITING_MAX, ContentWorkers
from stoppress.editing.inputs import PostBatch, PostInput
from stoppress.errors import Invalid, Unavailable
from waiting import eventually

pytestmark = pytest.mark.anyio


async def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_call_runs_in_a_process_of_its_own_which_the_next_call_uses_again() -> None:
    workers = ContentWorkers(processes=1)
    first = await workers.run(os.getpid)
    assert first != os.getpid()
    assert await workers.run(os.getpid) == first


@pytest.mark.parametrize("length", [BODIES_HERE, BODIES_HERE + 1, BODIES_AT_ONCE - 100])
async def test_a_body_becomes_the_same_html_here_and_there(length: int) -> None:
    workers = ContentWorkers(processes=1)
    body = "*so* ".ljust(length, "x")
    assert await workers.html(body, "markdown") == f"<p><em>so</em> {body[5:]}</p>"[: length + 16]
    with pytest.raises(Invalid, match="<script>") as refused:
        await workers.html("<script>x()</script>".ljust(length, "x"), "html")
    assert [error.pointer for error in refused.value.errors] == ["/body"]


async def test_many_bodies_are_answered_in_order_each_with_its_own_error() -> None:
    workers = ContentWorkers(processes=1)
    bodies = [f"{i} <b>{'x' * (i % 7) * 5_000}</b>" + ("<script>" if i % 5 == 4 else "") for i in range(40)]
    made = await workers.html_of([(body, "html") for body in bodies])
    assert [isinstance(one, Invalid) for one in made] == [i % 5 == 4 for i in range(40)]
    assert [one for one in made if isinstance(one, str)] == [body for i, body in enumerate(bodies) if i % 5 != 4]


async def test_what_takes_too_long_is_refused_and_its_process_killed() -> None:
    workers = ContentWorkers(processes=1, seconds=0.2)
    pid = await workers.run(os.getpid)
    with pytest.raises(Invalid, match="took longer than 0.2 s"):
        await workers.run(time.sleep, 3_600)
    await eventually(partial(has_ended, pid), "the process has ended")
    assert await workers.html("x" * 3_000, "html") == "x" * 3_000


@pytest.mark.parametrize("greedy", [True, False])
async def test_what_takes_too_much_memory_is_refused(greedy: bool) -> None:
    workers = ContentWorkers(processes=1)
    with pytest.raises(Invalid, match="took too much memory"):
        # Rust aborts the process when it gets no memory.
        await (workers.run(bytearray, 2**31) if greedy else workers.run(os.abort))
    assert await workers.html("x" * 3_000, "html") == "x" * 3_000


async def test_few_requests_wait_and_more_are_told_to_come_back() -> None:
    workers = ContentWorkers(processes=1)
    await workers.run(os.getpid)
    waiting = [asyncio.create_task(workers.run(time.sleep, 3_600)) for _ in range(1 + WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="too many large texts") as refused:
        await workers.run(os.getpid)
    assert refused.value.retry_after == 5
    for task in waiting:
        task.cancel()
    assert all(
        isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*waiting, return_exceptions=True)
    )
    assert await workers.run(os.getpid) != os.getpid()


async def test_large_json_is_parsed_and_checked_elsewhere() -> None:
    workers = ContentWorkers(processes=1)
    small = {"posts": [{"title": "a"}]}
    assert await workers.read(json.dumps(small).encode(), PostBatch) == small
    large = json.dumps({"posts": [{"title": "a", "body": "x" * 50_000}] * 2}).encode()
    assert len(large) > JSON_HERE
    batch = await workers.read(large, PostBatch)
    assert isinstance(batch, PostBatch) and [len(post.body) for post in batch.posts] == [50_000] * 2
    assert await workers.read(large) == json.loads(large)
    with pytest.raises(Invalid) as refused:
        await workers.read(large[:-1], PostInput)
    assert refused.value.status == 400
    with pytest.raises(Invalid, match="expected at most 20 items, but got 400000"):
        await workers.read(json.dumps({"media": [0] * 400_000}).encode(), PostInput)


async def test_a_child_does_not_run_the_command_again() -> None:
    # to_process runs the main module under this name. The command would exit.
    assert "main" in runpy.run_module("stoppress.__main__", run_name="__mp_main__")
