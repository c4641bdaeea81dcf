"""Processes with roles at one store: editors have theirs, readers have theirs; a request at the wrong one is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

from e2e.server import TOKEN, EditorClient, Server
from waiting import PATIENCE, until

pytestmark = pytest.mark.server

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def roles(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    servers = {
        role: Server(tmp_path_factory.mktemp(role), role=role, redis_url=redis_url, log_level="debug")
        for role in ("api", "hub")
    }
    for server in servers.values():
        server.start()
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture
def blog(roles: dict[str, Server]) -> Iterator[str]:
    editor = EditorClient(roles["api"].url)
    made = editor.blog(title="The bridge opens")["blog"]["id"]
    yield made
    editor.close()


def told(reader: ClientConnection) -> dict[str, Any]:
    """The next message but heartbeats."""
    while (message := json.loads(reader.recv(timeout=PATIENCE)))["type"] == "heartbeat":
        pass
    return dict(message)


def socket_of(server: Server, blog: str) -> str:
    return server.url.replace("http://", "ws://") + f"/v1/blogs/{blog}/socket"


def test_what_one_publishes_the_other_tells(roles: dict[str, Server], blog: str) -> None:
    editor = EditorClient(roles["api"].url)
    with connect(socket_of(roles["hub"], blog), proxy=None) as reader:
        assert told(reader)["type"] == "hello"
        editor.post(blog, id="first", title="The first barge passes")
        message = told(reader)
        assert (message["type"], message["post"]["id"]) == ("post", "first")
    page = httpx2.get(f"{roles['hub'].url}/blogs/{blog}")
    assert page.status_code == 200 and "The first barge passes" in page.text
    for server in roles.values():
        changes = httpx2.get(f"{server.url}/v1/blogs/{blog}/changes").json()
        assert changes["cursor"] == message["cursor"]
    editor.close()


def test_what_is_scheduled_comes_out_once_and_reaches_readers_of_the_hub(roles: dict[str, Server], blog: str) -> None:
    editor = EditorClient(roles["api"].url)
    with connect(socket_of(roles["hub"], blog), proxy=None) as reader:
        assert told(reader)["type"] == "hello"
        soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        editor.post(blog, id="later", title="At the hour", status="scheduled", publish_at=soon)
        message = told(reader)
        assert (message["type"], message["post"]["id"]) == ("post", "later")
    editor.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/blogs"),
        ("PATCH", "/v1/blogs/{blog}"),
        ("DELETE", "/v1/blogs/{blog}"),
        ("POST", "/v1/blogs/{blog}/posts"),
        ("POST", "/v1/blogs/{blog}/posts:batch"),
        ("PATCH", "/v1/blogs/{blog}/posts/first"),
        ("DELETE", "/v1/blogs/{blog}/posts/first"),
        ("POST", "/v1/media"),
        ("GET", "/v1/audit"),
    ],
)
def test_a_hub_writes_nothing_and_says_who_does(roles: dict[str, Server], blog: str, method: str, path: str) -> None:
    address = roles["hub"].url + path.format(blog=blog)
    for headers in (HEADERS, {}):
        answer = httpx2.request(method, address, headers=headers, json={"title": "No"} if method != "GET" else None)
        assert answer.status_code == 421
        assert answer.headers["content-type"] == "application/problem+json"
        assert "STOPPRESS_ROLE=hub" in answer.json()["detail"] and "role api" in answer.json()["detail"]


def test_an_api_has_no_live_readers_and_says_who_has(roles: dict[str, Server], blog: str) -> None:
    asking = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    for path, headers in (("socket", asking), ("events", {})):
        answer = httpx2.get(f"{roles['api'].url}/v1/blogs/{blog}/{path}", headers=headers)
        assert answer.status_code == 421
        assert "STOPPRESS_ROLE=api" in answer.json()["detail"]
    assert 'stoppress_refusals_total{reason="role"} ' in httpx2.get(f"{roles['api'].url}/metrics").text


def test_the_api_knows_how_many_read_at_the_hub(roles: dict[str, Server], blog: str) -> None:
    with connect(socket_of(roles["hub"], blog), proxy=None):
        until(
            lambda: httpx2.get(f"{roles['api'].url}/v1/blogs/{blog}/stats").json()["readers"] == 1,
            "the api counts the reader",
        )


@pytest.mark.parametrize("role", ["api", "hub"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/blogs/{blog}", "/v1/blogs/{blog}/posts"])
def test_both_answer_what_anybody_may_ask(roles: dict[str, Server], blog: str, role: str, path: str) -> None:
    assert httpx2.get(roles[role].url + path.format(blog=blog)).status_code == 200
