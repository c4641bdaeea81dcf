"""An embargo: nothing of a private blog is in any public answer, and switching takes effect at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from e2e.server import TOKEN, Server, running
from waiting import PATIENCE

MARKER = "Kestrel"  # in the title, the text and the tags of the private blog
BLOG = "/v1/blogs/embargo"
PATHS = (
    *("/", "/v1/blogs", "/v1/blogs?limit=1", "/robots.txt", "/metrics", "/openapi.json", "/asyncapi.json", "/debug"),
    *(BLOG, f"{BLOG}/posts", f"{BLOG}/posts/p", f"{BLOG}/posts?status=draft", f"{BLOG}/posts/p/revisions"),
    *(f"{BLOG}/changes", f"{BLOG}/changes?form=html", f"{BLOG}/stats", f"{BLOG}/events", f"{BLOG}/socket"),
    *("/blogs/embargo", "/blogs/embargo?order=oldest", "/blogs/embargo?tag=Kestrel", "/blogs/embargo/posts/p"),
    *("/blogs/embargo?preview=9999999999.00", "/blogs/embargo/feed.atom", "/blogs/embargo/feed.json", "/v1/audit"),
)
ADMIN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module", params=["fast", "ordinary"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("private")
    with running(folder, request.param) as server:
        yield server


@pytest.fixture
def editor(server: Server) -> Iterator[httpx2.Client]:
    """With every scope, on a server with a public blog and a private one."""
    with httpx2.Client(base_url=server.url, headers=ADMIN, timeout=PATIENCE) as editor:
        for blog in ("public", "embargo"):
            editor.delete(f"/v1/blogs/{blog}")
        editor.post("/v1/blogs", json={"id": "public", "title": "Tides"}).raise_for_status()
        made = editor.post("/v1/blogs", json={"id": "embargo", "title": MARKER, "status": "scheduled"})
        assert made.json()["blog"]["visibility"] == "private"
        fields = {"id": "p", "title": MARKER, "body": f"<p>{MARKER}</p>", "tags": [MARKER]}
        editor.post(f"{BLOG}/posts", json=fields).raise_for_status()
        yield editor


def asked(server: Server, path: str, **headers: str) -> httpx2.Response:
    return httpx2.get(server.url + path, headers={"Accept": "text/html, */*", **headers}, timeout=PATIENCE)


def open_socket(server: Server, *subprotocols: str, **headers: str) -> ClientConnection:
    offered = [Subprotocol(name) for name in subprotocols]
    url = server.url.replace("http", "ws", 1) + f"{BLOG}/socket"
    return connect(url, subprotocols=offered or None, additional_headers=headers, open_timeout=PATIENCE)


def hidden(server: Server) -> None:
    """Nothing public tells of the private blog, and its paths answer as those of a blog that never was."""
    for path in PATHS:
        answer = asked(server, path)
        shown = answer.text + str(answer.headers)
        assert MARKER not in shown.replace(path, ""), path
        if "embargo" in path:
            other = asked(server, path.replace("embargo", "nowhere"))
            same = other.text.replace("nowhere", "embargo")
            assert (answer.status_code, answer.text) == (other.status_code, same), path
            assert answer.status_code in (401, 404, 426), path
        else:
            assert "embargo" not in answer.text, path
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises(InvalidStatus) as refused:
            open_socket(server, **headers)
        assert refused.value.response.status_code == 404


def test_a_private_blog_is_in_no_public_answer_before_and_after_the_caches_are_warm(
    server: Server, editor: httpx2.Client
) -> None:
    hidden(server)
    for path in ("/blogs/embargo", "/blogs/embargo/feed.atom", f"{BLOG}/posts/p", f"{BLOG}/changes", "/v1/blogs"):
        answer = editor.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store", path
    assert MARKER in editor.get("/blogs/embargo").text
    hidden(server)


def test_switching_takes_effect_at_once_for_caches_and_connected_readers(server: Server, editor: httpx2.Client) -> None:
    live = editor.patch(BLOG, json={"status": "live"}).json()["blog"]
    assert live["visibility"] == "public"
    for path in ("/", "/blogs/embargo", "/blogs/embargo/feed.json", BLOG, f"{BLOG}/changes"):
        for _ in range(2):  # the second from the cache
            assert asked(server, path).status_code == 200, path
    assert MARKER in asked(server, "/").text
    with open_socket(server) as reader, httpx2.stream("GET", f"{server.url}{BLOG}/events", timeout=PATIENCE) as events:
        assert json.loads(reader.recv(PATIENCE))["type"] == "hello"
        editor.patch(BLOG, json={"visibility": "private", "title": "Secret of the Petrel"}).raise_for_status()
        editor.post(f"{BLOG}/posts", json={"title": "Secret of the Petrel"}).raise_for_status()
        hidden(server)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                assert "Petrel" not in reader.recv(PATIENCE)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4404
        assert "Petrel" not in "".join(events.iter_text())  # it ends
    editor.patch(BLOG, json={"visibility": "public"}).raise_for_status()
    assert asked(server, "/blogs/embargo").status_code == 200
    with open_socket(server) as reader:
        assert json.loads(reader.recv(PATIENCE))["blog"]["visibility"] == "public"


def test_readers_with_a_token_are_let_in(server: Server, editor: httpx2.Client) -> None:
    with open_socket(server, **ADMIN) as reader:
        assert json.loads(reader.recv(PATIENCE))["blog"]["title"] == MARKER
    with open_socket(server, f"stoppress.bearer.{TOKEN}", "stoppress.v1.json") as browser:
        assert browser.subprotocol == "stoppress.v1.json"
        assert json.loads(browser.recv(PATIENCE))["blog"]["title"] == MARKER
        hidden(server)  # while its channel is open
        editor.post(f"{BLOG}/posts", json={"id": "q", "title": "Q"}).raise_for_status()
        while (message := json.loads(browser.recv(PATIENCE)))["type"] == "heartbeat":
            pass
        assert message["post"]["id"] == "q"
    with httpx2.stream("GET", f"{server.url}{BLOG}/events", headers=ADMIN, timeout=PATIENCE) as events:
        assert events.status_code == 200


def test_a_preview_link_shows_the_page_of_its_blog_alone(server: Server, editor: httpx2.Client) -> None:
    link = editor.post(f"{BLOG}/preview-links").json()
    assert link["expires_at"].endswith("Z")
    page = httpx2.get(link["url"], timeout=PATIENCE)
    assert MARKER in page.text
    assert (page.headers["cache-control"], page.headers["x-robots-tag"]) == ("no-store", "noindex")
    expires, _, signature = link["url"].partition("preview=")[2].partition(".")
    for wrong in (f"{int(expires) + 1}.{signature}", f"{expires}.{signature[:-1]}", "1.00", "x", ""):
        assert asked(server, f"/blogs/embargo?preview={wrong}").status_code == 404, wrong
    hidden(server)
    editor.delete(BLOG).raise_for_status()
    editor.post("/v1/blogs", json={"id": "embargo", "title": MARKER, "visibility": "private"}).raise_for_status()
    assert httpx2.get(link["url"], timeout=PATIENCE).status_code == 404


@pytest.mark.parametrize(
    ("fields", "patch", "visibility"),
    [
        ({"status": "scheduled"}, {"status": "live"}, "public"),
        ({"status": "scheduled"}, {"status": "live", "visibility": "private"}, "private"),
        ({"status": "scheduled", "visibility": "private"}, {"status": "live"}, "private"),
        ({"status": "scheduled", "visibility": "public"}, {"status": "live"}, "public"),
        ({"status": "scheduled"}, {"title": "T"}, "private"),
        ({}, {"status": "paused"}, "public"),
        ({"visibility": "private"}, {"status": "paused"}, "private"),
    ],
)
def test_who_sees_a_blog_follows_from_its_status_unless_it_was_given(
    editor: httpx2.Client, fields: dict[str, Any], patch: dict[str, Any], visibility: str
) -> None:
    editor.delete(BLOG)
    editor.post("/v1/blogs", json={"id": "embargo", "title": MARKER, **fields}).raise_for_status()
    assert editor.patch(BLOG, json=patch).json()["blog"]["visibility"] == visibility
    assert editor.patch(BLOG, json={"visibility": None}).status_code == 422
