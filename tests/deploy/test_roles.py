"""deploy/roles.Caddyfile, with Caddy itself in front of an api and a hub: each request reaches the process for it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import httpx2
import pytest
from websockets.sync.client import connect

from deploy.test_caddy import FRESH, ROOT, caddy, free_port
from e2e.server import TOKEN, Desk, Server
from waiting import until


@pytest.fixture(scope="module")
def site(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    servers = {
        role: Server(tmp_path_factory.mktemp(role), role=role, redis_url=redis_url, heartbeat="1")
        for role in ("api", "hub")
    }
    for server in servers.values():
        server.start()
    home, port = tmp_path_factory.mktemp("caddy"), free_port()
    environment = FRESH | {
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "STOPPRESS_SITE": f"http://127.0.0.1:{port}",
        "STOPPRESS_API": servers["api"].url.removeprefix("http://"),
        "STOPPRESS_UPSTREAM": servers["hub"].url.removeprefix("http://"),
    }
    text = (ROOT / "deploy" / "roles.Caddyfile").read_text()
    caddyfile = home / "Caddyfile"
    caddyfile.write_text(text.replace("grace_period 10s", "grace_period 1s\n\tadmin off", 1))
    with (home / "log").open("wb") as log:
        command = [caddy(), "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: httpx2.get(f"{url}/readyz").status_code == 200, "caddy answers")
        yield url
    finally:
        process.terminate()
        process.wait(10)
        for server in servers.values():
            server.stop()


def test_the_file_is_valid_and_formatted() -> None:
    path = str(ROOT / "deploy" / "roles.Caddyfile")
    validated = subprocess.run(
        [caddy(), "validate", "--config", path, "--adapter", "caddyfile"],
        env=FRESH | {"STOPPRESS_SITE": "live.example.org"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert validated.returncode == 0, validated.stderr
    formatted = subprocess.run([caddy(), "fmt", path], capture_output=True, text=True, timeout=30)
    assert formatted.stdout.rstrip("\n") == (ROOT / "deploy" / "roles.Caddyfile").read_text().rstrip("\n")


def test_editors_write_and_readers_read_at_one_address(site: str) -> None:
    desk = Desk(site)
    blog = desk.blog(title="The bridge opens")["blog"]["id"]
    address = site.replace("http://", "ws://") + f"/v1/blogs/{blog}/socket"
    # An app may send its token along: the live connections are at the hub all the same.
    with connect(address, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None) as reader:
        assert json.loads(reader.recv(timeout=20))["type"] == "hello"
        made = desk.post(blog, id="first", title="The first barge passes")
        while (message := json.loads(reader.recv(timeout=20)))["type"] != "post":
            assert message["type"] == "heartbeat"
        assert (message["post"]["id"], message["cursor"]) == ("first", made["cursor"])
    desk.edit(blog, "first", title="The first barge has passed")
    assert "The first barge has passed" in httpx2.get(f"{site}/blogs/{blog}").text
    assert desk.get(f"/v1/blogs/{blog}/posts/first/revisions")
    with httpx2.stream("GET", f"{site}/v1/blogs/{blog}/events", timeout=20) as stream:
        assert any('"hello"' in line for line in stream.iter_lines())
    desk.close()
