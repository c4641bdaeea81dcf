"""deploy/Caddyfile, with Caddy itself in front of a server: the page, the API, the socket and the event stream."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import httpx2
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from deploy.proxy import ROOT, assert_valid_and_formatted, proxied
from e2e.server import EditorClient, Server
from stoppress.settings import Settings
from waiting import PATIENCE, until

pytestmark = [pytest.mark.caddy, pytest.mark.server]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("data"), heartbeat="1")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def site(upstream: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Caddy."""
    with proxied("Caddyfile", tmp_path_factory.mktemp("caddy"), STOPPRESS_UPSTREAM=upstream.url) as url:
        yield url


@pytest.fixture(scope="module")
def editor(site: str) -> Iterator[EditorClient]:
    """The newsroom, too, comes through Caddy."""
    editor = EditorClient(site)
    editor.blog(id="harbour", title="The lighthouse is lit again", timezone="Europe/Lisbon", language="en")
    yield editor
    editor.close()


def test_the_file_is_valid_and_formatted() -> None:
    assert_valid_and_formatted("Caddyfile")


def test_pages_and_answers_pass_and_are_compressed(site: str, editor: EditorClient) -> None:
    editor.post("harbour", title="Keeper climbs the stairs", body="<p>All 214 of them.</p>" * 30)
    page = httpx2.get(f"{site}/blogs/harbour")
    assert page.status_code == 200 and "Keeper climbs the stairs" in page.text
    assert page.headers["content-encoding"] == "gzip"
    answer = httpx2.get(f"{site}/v1/blogs/harbour/posts")
    assert answer.json()["posts"][0]["title"] == "Keeper climbs the stairs"


def test_the_socket_passes_with_its_subprotocol_and_its_changes(site: str, editor: EditorClient) -> None:
    address = site.replace("http://", "ws://") + "/v1/blogs/harbour/socket"
    with connect(address, subprotocols=[Subprotocol("stoppress.v1.json")], proxy=None) as reader:
        assert reader.subprotocol == "stoppress.v1.json"
        assert json.loads(reader.recv(timeout=PATIENCE))["type"] == "hello"
        made = editor.post("harbour", body="<p>A first beam.</p>")
        while (message := json.loads(reader.recv(timeout=PATIENCE)))["type"] != "post":
            assert message["type"] == "heartbeat"
        assert message["post"]["id"] == made["post"]["id"]
        assert message["cursor"] == made["cursor"]


def test_an_event_stream_is_not_held_back_and_ends_at_the_server_when_its_reader_goes(
    site: str, editor: EditorClient, upstream: Server
) -> None:
    def readers() -> int:
        return int(httpx2.get(f"{upstream.url}/v1/blogs/harbour/stats").json()["readers"])

    until(lambda: readers() == 0, "nobody reads")
    with httpx2.stream("GET", f"{site}/v1/blogs/harbour/events", timeout=PATIENCE) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        # Compressed once by the server for all its readers; Caddy hands it on as it comes.
        assert stream.headers["content-encoding"] == "gzip"
        lines = stream.iter_lines()
        assert any(line.startswith("data:") and '"hello"' in line for line in lines)
        made = editor.post("harbour", body="<p>The fog lifts.</p>")
        assert any(line.startswith("data:") and made["post"]["id"] in line for line in lines)
        until(lambda: readers() == 1, "the reader is counted")
    until(lambda: readers() == 0, "the server has seen the reader go")


def test_links_name_the_address_that_readers_use(site: str, editor: EditorClient) -> None:
    page = httpx2.get(f"{site}/blogs/harbour")
    assert f'rel="canonical" href="{site}/blogs/harbour"' in page.text


def test_settings_named_in_deploy_exist() -> None:
    known = {f"STOPPRESS_{name.upper()}" for name in Settings.model_fields}
    for path in (ROOT / "deploy").iterdir():
        named = set(re.findall(r"STOPPRESS_[A-Z_]+[A-Z]", path.read_text()))
        assert named - known <= {"STOPPRESS_SITE", "STOPPRESS_API", "STOPPRESS_UPSTREAM", "STOPPRESS_NAME"}, path


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: "], ids=["nothing", "half a head"])
def test_a_connection_without_a_request_is_closed(site: str, sent: bytes) -> None:
    """Caddy does it: Stop Press sees only Caddy's own connections."""
    port = int(site.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(sent)
        answer = b"".join(iter(lambda: client.recv(4_096), b""))  # until it closes
    assert answer.startswith(b"HTTP/1.1 4") or not answer
