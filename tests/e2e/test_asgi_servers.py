"""The ordinary path in short: `stoppress serve` without the fast path, and three other ASGI servers.

`make test-asgi` runs more: the tables and the live page, on each of these.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from e2e.server import KINDS, EditorClient, Server, running
from waiting import PATIENCE, until

pytestmark = pytest.mark.server
SMALL = {"write_buffer": "4096", "slow_timeout": "1"}


@pytest.fixture(scope="module", params=KINDS[1:])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="sp-") as folder, running(Path(folder), request.param, **SMALL) as server:
        yield server


@pytest.fixture(scope="module")
def editor(server: Server) -> Iterator[EditorClient]:
    with closing(EditorClient(server.url)) as editor:
        yield editor


def follow(server: Server, blog: str, cursor: str | None = None, protocol: str | None = None) -> ClientConnection:
    query = f"?cursor={cursor}" if cursor else ""
    protocols = [Subprotocol(protocol)] if protocol else None
    url = f"{server.url.replace('http', 'ws', 1)}/v1/blogs/{blog}/socket{query}"
    return connect(url, subprotocols=protocols, proxy=None)


def told(reader: ClientConnection) -> dict[str, Any]:
    """The next message but heartbeats."""
    while (message := json.loads(reader.recv(PATIENCE)))["type"] == "heartbeat":
        pass
    return dict(message)


def test_a_change_reaches_readers_in_both_forms_and_one_that_resumes(server: Server, editor: EditorClient) -> None:
    start = editor.blog(id="night", title="The night")["cursor"]
    with ExitStack() as stack:
        app = stack.enter_context(follow(server, "night"))
        page = stack.enter_context(follow(server, "night", protocol="stoppress.v1.html"))
        assert (app.subprotocol, page.subprotocol) == (None, "stoppress.v1.html")
        assert told(app)["type"] == told(page)["type"] == "hello"
        cursor = editor.post("night", id="one", title="Rain")["cursor"]
        assert told(app)["post"]["id"] == "one"
        assert "Rain" in told(page)["html"]
        later = stack.enter_context(follow(server, "night", start))
        assert told(later)["resumed"] is True
        assert told(later)["cursor"] == cursor
        assert editor.get("/v1/blogs/night/stats")["readers"] == 3
    until(lambda: editor.get("/v1/blogs/night/stats")["readers"] == 0, "all are counted out")


def test_a_refusal_is_a_problem(server: Server, editor: EditorClient) -> None:
    for cursor, protocol, status in ((None, None, 404), ("nonsense", None, 400), (None, "mqtt", 400)):
        with pytest.raises(InvalidStatus) as refused:
            follow(server, "nowhere", cursor, protocol)
        response = refused.value.response
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
        assert json.loads(response.body)["status"] == status


def test_the_end_of_a_blog_closes_with_1000_and_its_deletion_with_4404(server: Server, editor: EditorClient) -> None:
    for blog, code in (("ends", 1000), ("goes", 4404)):
        editor.blog(id=blog, title="Short")
        with follow(server, blog) as reader:
            told(reader)
            editor.change_blog(blog, status="ended") if code == 1000 else editor.delete_blog(blog)
            with pytest.raises(ConnectionClosed):
                while True:
                    reader.recv(PATIENCE)
            assert reader.close_code == code


def test_a_reader_that_takes_nothing_is_let_go_and_others_do_not_wait(server: Server, editor: EditorClient) -> None:
    editor.blog(id="long", title="Long")
    with follow(server, "long") as quick, ExitStack() as stack:
        told(quick)
        port = int(server.url.rpartition(":")[2])
        stalled = stack.enter_context(socket.socket())
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stalled.connect(("127.0.0.1", port))
        stalled.sendall(
            b"GET /v1/blogs/long/socket HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        until(lambda: editor.get("/v1/blogs/long/stats")["readers"] == 2, "both are there")
        for number in range(400):
            body = f"<p>{number} {'wind and water ' * 6_000}</p>"
            cursor = editor.post("long", body=body)["cursor"]
            assert told(quick)["cursor"] == cursor
            if "stoppress_readers_lagging 1.0" in httpx2.get(f"{server.url}/metrics").text:
                break
        else:
            raise AssertionError("nobody lags: what the stalled reader lacks piles up in the server")
        until(lambda: editor.get("/v1/blogs/long/stats")["readers"] == 1, "the stalled one is let go")
        assert editor.post("long", title="After")["cursor"] == told(quick)["cursor"]


def test_uvicorn_without_websockets_says_so_in_one_line(short_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["uvicorn", "--factory", "stoppress.asgi:create_app", "--ws", "none", "--port", str(port)]
    said = short_folder / "stderr"
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env={"STOPPRESS_DATA": str(short_folder)}, stderr=errors
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: httpx2.get(f"{url}/readyz").status_code == 200, "the server is ready")
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{port}/v1/blogs/a/socket", proxy=None)
        assert refused.value.response.status_code == 426
    finally:
        process.terminate()
        process.wait(30)
    text = said.read_text()
    assert text.count("The ASGI server has no WebSocket support") == 1
    assert "Traceback" not in text
