"""A store that stops, is swallowed by the network, refuses writes or is emptied, and what readers and editors see."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

from e2e.server import TOKEN, EditorClient, Server, running
from store_faults import FaultyNetwork, FaultyRedis, faulty_redis
from waiting import PATIENCE, until

pytestmark = [pytest.mark.server, pytest.mark.redis_server]

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
PAGES = ("/blogs/petrel", "/blogs/petrel/feed.atom", "/blogs/petrel/feed.json")
PROMPT = 3.0  # seconds that an answer may take while the store is away: its patience, and time for a busy machine
RECOVERY = 2.0  # seconds from the store's return until everything works
SETTINGS = {"redis_timeout": "2", "store_patience": "0.5", "verify": "0.5", "drain": "0.1"}


class Scene:
    """A server at a Redis behind a network, each of which can fail; a blog with a post; a reader."""

    def __init__(self, folder: Path, redis: FaultyRedis, **settings: str) -> None:
        self.redis = redis
        self.network = FaultyNetwork(redis.port)
        self.server = Server(folder, redis_url=self.network.url, **SETTINGS, **settings)
        self.server.start()
        self.http = httpx2.Client(base_url=self.server.url, timeout=PATIENCE)
        self.editor = EditorClient(self.server.url)
        self.editor.blog(id="petrel", title="Petrel")
        self.editor.post("petrel", id="first", title="First")
        for path in (*PAGES, "/"):
            assert self.get(path).status_code == 200
        self._open = ExitStack()
        self.reader = self._open.enter_context(connect(self.socket, proxy=None))
        assert told(self.reader)["type"] == "hello"

    @property
    def socket(self) -> str:
        return self.server.url.replace("http://", "ws://") + "/v1/blogs/petrel/socket"

    def get(self, path: str, timeout: float = PATIENCE) -> httpx2.Response:
        return self.http.get(path, timeout=timeout, headers={"Accept": "text/html"} if path == "/" else None)

    def write(self, name: str) -> httpx2.Response:
        return self.http.post("/v1/blogs/petrel/posts", json={"id": name, "title": name}, headers=HEADERS)

    def metric(self, name: str) -> float:
        text = self.get("/metrics").text
        return sum(float(found[1]) for found in re.finditer(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def audited(self) -> set[int]:
        """The statuses in the audit log."""
        return {entry["status"] for entry in self.editor.get("/v1/audit")["entries"]}

    def alive(self) -> bool:
        assert self.server.process
        return self.server.process.poll() is None

    def close(self) -> None:
        self._open.close()
        self.editor.close()
        self.http.close()
        self.server.stop()
        self.network.close()


def told(reader: ClientConnection) -> dict[str, Any]:
    """The next message but heartbeats."""
    while (message := json.loads(reader.recv(timeout=PATIENCE)))["type"] == "heartbeat":
        pass
    return dict(message)


@contextmanager
def scene(folder: Path, **settings: str) -> Iterator[Scene]:
    with faulty_redis() as redis, closing(Scene(folder, redis, **settings)) as scene:
        yield scene


def is_stale(response: httpx2.Response) -> bool:
    return response.headers.get("cache-status", "").startswith("stoppress; hit; ttl=-")


@pytest.mark.parametrize("how", ["stopped", "swallowed"])
def test_while_the_store_is_away_pages_come_from_memory_and_then_everything_resumes(
    short_folder: Path, how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with scene(short_folder) as at:
        restarts = at.metric("stoppress_tail_restarts_total")
        (at.redis.stop if how == "stopped" else at.network.swallow)()
        for path in PAGES:
            page = at.get(path, timeout=PROMPT)
            assert page.status_code == 200 and is_stale(page), (path, page.status_code, page.headers)
            assert "stale-if-error=3600" in page.headers["cache-control"]
        until(lambda: at.metric("stoppress_store_away_seconds") > 0, "the metric says so")
        front = at.get("/", timeout=PROMPT)
        assert front.status_code == 200 and is_stale(front)
        unknown = at.get("/blogs/petrel?order=oldest", timeout=PROMPT)
        assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "1")
        until(lambda: at.get("/readyz", timeout=PROMPT).status_code == 503, "/readyz says so")
        assert at.get("/readyz?for=readers", timeout=PROMPT).status_code == 200
        with connect(at.socket, proxy=None) as another:
            assert told(another)["type"] == "hello"
        refused = at.write("refused")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert at.metric("stoppress_stale_pages_total") >= len(PAGES)
        assert at.metric("stoppress_tail_restarts_total") > restarts

        back = time.monotonic()
        (at.redis.go_on if how == "stopped" else at.network.mend)()
        until(lambda: at.get("/readyz").status_code == 200, "/readyz is 200 again")
        until(lambda: not is_stale(at.get(PAGES[0])), "pages are current")
        until(lambda: at.write("back").status_code in (201, 409), "a post is accepted")
        while told(at.reader)["post"]["id"] != "back":  # a stopped store may yet have stored the refused one
            pass
        took = time.monotonic() - back
        assert "back" in at.get(PAGES[0]).text
        assert at.alive() and at.metric("stoppress_store_away_seconds") == 0
    said = capfd.readouterr().err
    assert "The store is away" in said and "The store answers again" in said
    assert took < RECOVERY, f"recovered only after {took:.1f} s"


def test_an_old_page_is_not_served_beyond_its_age(short_folder: Path) -> None:
    with scene(short_folder, stale_if_error="0.01") as at:
        at.redis.stop()
        page = at.get(PAGES[0], timeout=PROMPT)
        assert (page.status_code, page.headers["retry-after"]) == (503, "1")
        at.redis.go_on()


def test_a_network_that_delays_and_cuts_disturbs_no_reader(short_folder: Path) -> None:
    with scene(short_folder) as at:
        at.network.delay = 0.1
        assert at.write("delayed").status_code == 201
        assert told(at.reader)["post"]["id"] == "delayed"
        at.network.delay = 0.0
        at.network.cut()
        assert not is_stale(at.get(PAGES[0]))
        until(lambda: at.write("after").status_code in (201, 409), "a post is accepted")
        assert told(at.reader)["post"]["id"] == "after"


@pytest.mark.parametrize(("how", "workers"), [*((how, "1") for how in FaultyRedis.REFUSALS), ("without replicas", "2")])
def test_while_writes_are_refused_reading_works(
    short_folder: Path, how: str, workers: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with scene(short_folder, workers=workers) as at:
        token = at.editor.get("/v1/blogs/petrel/changes")["cursor"]
        at.redis.refuse(how)
        for number in range(4):
            refused = at.write(f"refused-{number}")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5"), refused.text
        for path in (*PAGES, "/", "/blogs/petrel?order=oldest", f"/v1/blogs/petrel/changes?after={token}"):
            page = at.get(path)
            assert page.status_code == 200 and not is_stale(page), (path, page.text)
        for path in ("", "/posts", "/posts/first", "/posts/first/revisions", "/stats"):
            assert at.editor.get(f"/v1/blogs/petrel{path}")
        with connect(at.socket, proxy=None) as another:
            assert told(another)["type"] == "hello"
        until(lambda: at.metric("stoppress_store_refuses_writes") > 0, "the metric says so")
        assert at.get("/readyz").status_code == 503
        assert at.get("/readyz?for=readers").status_code == 200

        back = time.monotonic()
        at.redis.accept()
        until(lambda: at.write("back").status_code == 201, "a post is accepted")
        assert told(at.reader)["post"]["id"] == "back"
        took = time.monotonic() - back
        until(lambda: at.audited() >= {201, 503}, "the audit log has the refused writes as well")
        assert at.alive() and at.metric("stoppress_task_failures_total") == 0
    said = capfd.readouterr().err
    assert "The store refuses writes" in said and "exited with code" not in said
    assert took < RECOVERY, f"recovered only after {took:.1f} s"


def test_an_emptied_store_is_said_and_can_be_filled_again(
    short_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with scene(short_folder) as at:
        at.redis.client.flushall()
        until(lambda: at.get(PAGES[0]).status_code == 404, "the page is gone")
        with pytest.raises(Exception, match="4404"):
            while True:
                told(at.reader)
        said = ""

        def logged() -> bool:
            nonlocal said
            said += capfd.readouterr().err
            return "The store was emptied" in said

        until(logged, "the log says so")
        at.editor.blog(id="petrel", title="Petrel again")
        assert "Petrel again" in at.get(PAGES[0]).text
        assert at.alive()


def test_a_full_embedded_store_refuses_writes_and_serves_readers(short_folder: Path) -> None:
    with running(short_folder, embedded_memory="16000000", drain="0.1") as server:
        editor, body = EditorClient(server.url), f"<p>{'x' * 90_000}</p>"
        editor.blog(id="petrel", title="Petrel")
        url = f"{server.url}/v1/blogs/petrel"
        with httpx2.Client(headers=HEADERS, timeout=PATIENCE) as http:
            for number in range(200):
                refused = http.post(f"{url}/posts", json={"id": f"p{number}", "title": "Long", "body": body})
                if refused.status_code != 201:
                    break
            assert number > 10 and refused.status_code == 503 and refused.headers["retry-after"] == "5"
            assert "STOPPRESS_EMBEDDED_MEMORY" in refused.json()["detail"]
            for path in (*PAGES, "/", "/v1/blogs", "/v1/blogs/petrel/changes?after=0.0", "/v1/blogs/petrel/posts/p1"):
                assert http.get(server.url + path).status_code == 200, path
            with connect(url.replace("http://", "ws://") + "/socket", proxy=None) as reader:
                assert told(reader)["type"] == "hello"
            assert http.get(f"{server.url}/readyz?for=readers").status_code == 200
            assert http.delete(url).status_code == 204  # which makes room
            assert http.post(f"{server.url}/v1/blogs", json={"id": "next", "title": "Next"}).status_code == 201
        editor.close()
