"""deploy/roles.Caddyfile, with Caddy itself in front of an api and a hub: each request reaches the process for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest
from websockets.sync.client import connect

from deploy.proxy import assert_valid_and_formatted, proxied
from e2e.server import TOKEN, EditorClient, Server
from waiting import PATIENCE

pytestmark = [pytest.mark.caddy, pytest.mark.server]


@pytest.fixture(scope="module")
def site(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    servers = {
        role: Server(tmp_path_factory.mktemp(role), role=role, redis_url=redis_url, heartbeat="1")
        for role in ("api", "hub")
    }
    for server in servers.values():
        server.start()
    upstreams = {"STOPPRESS_API": servers["api"].url, "STOPPRESS_UPSTREAM": servers["hub"].url}
    try:
        with proxied("roles.Caddyfile", tmp_path_factory.mktemp("caddy"), **upstreams) as url:
            yield url
    finally:
        for server in servers.values():
            server.stop()


def test_the_file_is_valid_and_formatted() -> None:
    assert_valid_and_formatted("roles.Caddyfile")


def test_editors_write_and_readers_read_at_one_address(site: str) -> None:
    editor = EditorClient(site)
    blog = editor.blog(title="The bridge opens")["blog"]["id"]
    address = site.replace("http://", "ws://") + f"/v1/blogs/{blog}/socket"
    # An app may send its token along: the live connections are at the hub all the same.
    with connect(address, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None) as reader:
        assert json.loads(reader.recv(timeout=PATIENCE))["type"] == "hello"
        made = editor.post(blog, id="first", title="The first barge passes")
        while (message := json.loads(reader.recv(timeout=PATIENCE)))["type"] != "post":
            assert message["type"] == "heartbeat"
        assert (message["post"]["id"], message["cursor"]) == ("first", made["cursor"])
    editor.edit(blog, "first", title="The first barge has passed")
    assert "The first barge has passed" in httpx2.get(f"{site}/blogs/{blog}").text
    assert editor.get(f"/v1/blogs/{blog}/posts/first/revisions")
    with httpx2.stream("GET", f"{site}/v1/blogs/{blog}/events", timeout=PATIENCE) as stream:
        assert any('"hello"' in line for line in stream.iter_lines())
    editor.close()
