"""What a newsroom relies on, with real servers: one post of two hundred tries, and a schedule that outlives a night."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import redis as blocking_redis

from stoppress.model import rfc3339
from waiting import until

from .server import TOKEN, Desk, Server

CLIENTS = 200


@pytest.fixture
def pair(short_folder: Path, redis_url: str) -> Iterator[list[Server]]:
    """Two server processes on one Redis, empty."""
    with blocking_redis.Redis.from_url(redis_url) as client:
        client.flushall()
    servers = []
    for name in "ab":
        (short_folder / name).mkdir()
        servers.append(Server(short_folder / name, redis_url=redis_url))
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()


def test_two_hundred_clients_with_one_key_on_two_servers_make_one_post(pair: list[Server]) -> None:
    desk = Desk(pair[0].url)
    desk.blog(id="petrel", title="The night of the Petrel")
    desk.close()
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "double-click"}

    async def all_at_once() -> list[httpx2.Response]:
        limits = httpx2.Limits(max_connections=CLIENTS)
        async with httpx2.AsyncClient(headers=headers, timeout=30, limits=limits) as client:
            content = {"title": "The gates are closed", "body": "<p>Until dawn.</p>"}
            urls = [f"{pair[i % 2].url}/v1/blogs/petrel/posts" for i in range(CLIENTS)]
            return await asyncio.gather(*(client.post(url, json=content) for url in urls))

    answers = asyncio.run(all_at_once())
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    for server in pair:
        assert httpx2.get(f"{server.url}/v1/blogs/petrel").json()["posts"] == 1


def _schedule(desk: Desk, seconds: list[float]) -> list[str]:
    """Posts that come out so many seconds from now; their ids in the order in which they do."""
    now = datetime.now(UTC)
    names = []
    for i, after in enumerate(seconds):
        at = now + timedelta(seconds=after)
        desk.post("petrel", id=f"p{i}", title=f"Post {i}", status="scheduled", publish_at=rfc3339(at))
        names.append((at, f"p{i}"))
    return [name for _, name in sorted(names)]


def _order(desk: Desk) -> list[str]:
    start = desk.get("/v1/blogs/petrel/changes")["cursor"].partition(".")[0] + ".1"
    messages = desk.get(f"/v1/blogs/petrel/changes?after={start}")["messages"]
    return [message["post"]["id"] for message in messages]


def test_what_fell_due_while_the_server_was_down_comes_out_once_each_and_in_order(server: Server, desk: Desk) -> None:
    desk.blog(id="petrel", title="The night of the Petrel")
    names = _schedule(desk, [2.0, 1.0, 1.5, 1.2])
    server.kill_all()
    last = datetime.now(UTC) + timedelta(seconds=2)
    until(lambda: datetime.now(UTC) > last, "the hour has passed")
    server.start()
    until(lambda: desk.get("/v1/blogs/petrel")["posts"] == 4, "all are out")
    assert _order(desk) == names
    for name in names:
        assert [line["by"] for line in desk.get(f"/v1/blogs/petrel/posts/{name}/revisions")["revisions"]] == [
            "admin",
            "schedule",
        ]


def test_with_two_servers_scheduled_posts_come_out_once_each_within_a_second(pair: list[Server]) -> None:
    desk = Desk(pair[0].url)
    desk.blog(id="night", title="Night")
    at = datetime.now(UTC) + timedelta(seconds=1.5)
    for i in range(20):
        at_i = rfc3339(at + timedelta(milliseconds=i))
        desk.post("night", id=f"p{i:02}", title="x", status="scheduled", publish_at=at_i)
    assert desk.get("/v1/blogs/night")["posts"] == 0
    until(lambda: desk.get("/v1/blogs/night")["posts"] == 20, "all are out")
    for i in range(20):
        lines = desk.get(f"/v1/blogs/night/posts/p{i:02}/revisions")["revisions"]
        assert [line["revision"] for line in lines] == [1, 2]
        out, due = datetime.fromisoformat(lines[1]["at"]), at + timedelta(milliseconds=i)
        assert timedelta(milliseconds=-1) <= out - due < timedelta(seconds=1)
    desk.close()
