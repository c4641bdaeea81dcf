"""What a newsroom relies on, with real servers: one post of two hundred tries, and a schedule that outlives a night."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import redis as blocking_redis

from stoppress.model import rfc3339
from waiting import until

from .server import TOKEN, EditorClient, Server, running
from .shell import Shell

pytestmark = pytest.mark.server

CLIENTS = 200


@pytest.fixture
def pair(short_folder: Path, redis_url: str) -> Iterator[list[Server]]:
    """Two server processes on one Redis, empty."""
    with blocking_redis.Redis.from_url(redis_url) as client:
        client.flushall()
    with ExitStack() as still:
        servers = []
        for name in "ab":
            (short_folder / name).mkdir()
            servers.append(still.enter_context(running(short_folder / name, redis_url=redis_url)))
        yield servers


def test_two_hundred_clients_with_one_key_on_two_servers_make_one_post(pair: list[Server]) -> None:
    editor = EditorClient(pair[0].url)
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.close()
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


def _schedule(editor: EditorClient, seconds: list[float]) -> list[str]:
    """Posts that come out so many seconds from now; their ids in the order in which they do."""
    now = datetime.now(UTC)
    names = []
    for i, after in enumerate(seconds):
        at = now + timedelta(seconds=after)
        editor.post("petrel", id=f"p{i}", title=f"Post {i}", status="scheduled", publish_at=rfc3339(at))
        names.append((at, f"p{i}"))
    return [name for _, name in sorted(names)]


def _order(editor: EditorClient) -> list[str]:
    start = editor.get("/v1/blogs/petrel/changes")["cursor"].partition(".")[0] + ".1"
    messages = editor.get(f"/v1/blogs/petrel/changes?after={start}")["messages"]
    return [message["post"]["id"] for message in messages]


def test_what_fell_due_while_the_server_was_down_comes_out_once_each_and_in_order(
    server: Server, editor: EditorClient
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    names = _schedule(editor, [2.0, 1.0, 1.5, 1.2])
    server.kill_all()
    last = datetime.now(UTC) + timedelta(seconds=2)
    until(lambda: datetime.now(UTC) > last, "the hour has passed")
    server.start()
    until(lambda: editor.get("/v1/blogs/petrel")["posts"] == 4, "all are out")
    assert _order(editor) == names
    for name in names:
        assert [line["by"] for line in editor.get(f"/v1/blogs/petrel/posts/{name}/revisions")["revisions"]] == [
            "admin",
            "schedule",
        ]


def test_with_two_servers_scheduled_posts_come_out_once_each_within_a_second(pair: list[Server]) -> None:
    editor = EditorClient(pair[0].url)
    editor.blog(id="night", title="Night")
    at = datetime.now(UTC) + timedelta(seconds=1.5)
    for i in range(20):
        at_i = rfc3339(at + timedelta(milliseconds=i))
        editor.post("night", id=f"p{i:02}", title="x", status="scheduled", publish_at=at_i)
    assert editor.get("/v1/blogs/night")["posts"] == 0
    until(lambda: editor.get("/v1/blogs/night")["posts"] == 20, "all are out")
    for i in range(20):
        lines = editor.get(f"/v1/blogs/night/posts/p{i:02}/revisions")["revisions"]
        assert [line["revision"] for line in lines] == [1, 2]
        out, due = datetime.fromisoformat(lines[1]["at"]), at + timedelta(milliseconds=i)
        assert timedelta(milliseconds=-1) <= out - due < timedelta(seconds=1)
    editor.close()


def test_a_revoked_token_is_refused_by_every_process_from_the_next_request_on(
    pair: list[Server], redis_url: str
) -> None:
    shell = Shell(pair[0].url, {"STOPPRESS_REDIS_URL": redis_url})
    token = shell.run("token", "create", "--name", "wire", "--scope", "publish").stdout.strip()
    with closing(EditorClient(pair[0].url)) as editor:
        editor.blog(id="petrel", title="The night of the Petrel")
    headers = {"Authorization": f"Bearer {token}"}

    def statuses() -> list[int]:
        return [
            httpx2.post(f"{server.url}/v1/blogs/petrel/posts", json={"title": "x"}, headers=headers).status_code
            for server in pair
            for _ in range(3)
        ]

    assert set(statuses()) == {201}
    revoked = shell.run("token", "revoke", token.split("_")[1])
    assert revoked.returncode == 0, revoked.stderr
    # Nothing to wait for: each request looks the token up, so the second that it may take is none.
    assert set(statuses()) == {401}
    assert httpx2.get(f"{pair[1].url}/v1/blogs/petrel").json()["posts"] == 6


def test_a_blog_moves_whole_from_one_running_server_to_another(short_folder: Path) -> None:
    (short_folder / "a").mkdir()
    (short_folder / "b").mkdir()
    with running(short_folder / "a") as here, running(short_folder / "b") as there:
        from_here, to_there = (Shell(server.url, {"STOPPRESS_DATA": str(server.data)}) for server in (here, there))
        with closing(EditorClient(here.url)) as editor:
            editor.blog(id="night", title="Night", language="de")
            for name in ("a", "b", "c"):
                editor.post(
                    "night", id=name, title=f"Post {name}", body="<p>Fog &amp; <em>rain</em> ✓</p>", tags=["sea"]
                )
            editor.edit("night", "a", correction="It was snow.", pinned=True)
            editor.edit("night", "a", title="Typo", silent=True)
            editor.delete("night", "b")
            editor.edit("night", "b", status="published", key=True)
            editor.delete("night", "c")
            editor.post("night", id="d", status="draft", title="Not yet")
            editor.post("night", id="s", status="scheduled", title="Later", publish_at="2199-01-01T00:00:00Z")
            editor.change_blog("night", status="paused")
            seen = _seen(editor)
        exported = from_here.run("export", "night")
        assert exported.returncode == 0, exported.stderr
        for _ in range(2):  # and once more, when it has been deleted there
            taken = to_there.run("import", "-", stdin=exported.stdout)
            assert taken.returncode == 0, taken.stderr
            assert to_there.run("export", "night").stdout == exported.stdout
            with closing(EditorClient(there.url)) as editor:
                assert _seen(editor) == seen
                again = to_there.run("import", "-", stdin=exported.stdout)
                assert again.returncode == 1 and "already" in again.stderr
                editor.delete_blog("night")
        spoilt = json.loads(exported.stdout)
        spoilt["posts"][0]["revisions"][0]["post"]["body"] = "<script>hit()</script>"
        refused = to_there.run("import", "-", stdin=json.dumps(spoilt))
        assert refused.returncode == 1 and "posts/0/revisions/0/post/body" in refused.stderr
        assert "<script>" in refused.stderr and httpx2.get(f"{there.url}/v1/blogs/night").status_code == 404


def _seen(editor: EditorClient) -> dict[str, object]:
    """All that editors and readers see, but for where the history stands."""
    path = "/v1/blogs/night"
    lists = {
        query: editor.get(f"{path}/posts?{query}")["posts"] for query in ("order=oldest", "key=true", "pinned=true")
    }
    private = {status: editor.get(f"{path}/posts?status={status}")["posts"] for status in ("draft", "scheduled")}
    revisions = {name: editor.get(f"{path}/posts/{name}/revisions") for name in "abcds"}
    return {"blog": editor.get(path), **lists, **private, **revisions}
