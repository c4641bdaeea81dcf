"""Acknowledged means durable: whatever dies right after a 201, the post is there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from .server import TOKEN, EditorClient, Server, running

pytestmark = pytest.mark.server

KILLS = 50
FEW_KILLS = 5  # with the last one, the store dies as well


def test_every_acknowledged_post_outlives_fifty_sigkills(server: Server, editor: EditorClient) -> None:
    outlive(server, editor, KILLS)


def test_acknowledged_posts_outlive_sigkills_when_debian_s_redis_is_the_store(short_folder: Path) -> None:
    with running(short_folder, store_binary="redis-server") as server, closing(EditorClient(server.url)) as editor:
        outlive(server, editor, FEW_KILLS)


def outlive(server: Server, editor: EditorClient, kills: int) -> None:
    """Kill the server right after each of `kills` posts. Every one is there, once and in order."""
    editor.blog(id="petrel", title="The night of the Petrel")
    acknowledged = []
    for i in range(kills):
        answer = httpx2.post(
            f"{server.url}/v1/blogs/petrel/posts",
            json={"id": f"p{i:02}", "title": f"Post {i}", "body": "<p>Still here.</p>"},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        assert answer.status_code == 201
        # Mostly the server alone dies and finds its store again; now and then both do, and the file has to do.
        (server.kill_all if i % 5 == 4 else server.kill)()
        acknowledged.append(answer.json()["post"]["id"])
        server.start()
    posts = editor.get("/v1/blogs/petrel/posts?order=oldest&limit=100")["posts"]
    assert [post["id"] for post in posts] == acknowledged
    changes = editor.get("/v1/blogs/petrel/changes?after=" + _start(editor))
    assert len(changes["messages"]) == kills + 1


def _start(editor: EditorClient) -> str:
    cursor: str = editor.get("/v1/blogs/petrel/changes")["cursor"]
    return cursor.partition(".")[0] + ".0"


def test_a_stop_is_clean_and_loses_nothing(server: Server, editor: EditorClient) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.post("petrel", id="last", title="Last words")
    assert server.stop() == 0
    server.start()
    assert editor.get("/v1/blogs/petrel/posts/last")["title"] == "Last words"
