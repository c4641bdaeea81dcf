"""A real server says what the scripts in tests/wire say, once editors have done what leads to it.

Cursors, times of changes and words are the server's own. All else has to be the script's: the messages in their order,
what each is about, and every field that the script's message has. Where the script has one cursor, the server has one.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from waiting import until
from wire_client import Object, client, load, scripts

from .server import EditorClient, Server, running

LIVE = {"as-markup", "from-now-on", "in-order", "loaded-in-pages", "order", "paused", "restored", "twice"}
CATCHING_UP = {"compacted", "ended", "reset"}
NEVER_SAID = {
    "ended-before": "the server takes no correction for an archived blog; in `ended`, it takes one for an ended blog",
    "heartbeat": "the heartbeat and the bye name changes that this reader was not sent: a message was lost",
    "heartbeat-ahead": "whether a heartbeat comes in the midst of a catch-up is a matter of time",
    "late": "the server says revisions in order; only a client that has several connections gets them otherwise",
    "remove-unknown": "the same",
    "tombstone": "the same",
    "unknown": "types of later versions",
}
SAID = [path for path in scripts() if path.stem in LIVE | CATCHING_UP]
PATIENCE = 20.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all scripts, each of which has a blog of its own. Heartbeats come every second."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder, running(Path(folder), heartbeat="1") as server:
        yield server


@pytest.fixture(scope="module")
def editor(server: Server) -> Iterator[EditorClient]:
    with closing(EditorClient(server.url)) as editor:
        yield editor


class Newsroom:
    """Brings a blog to the state in which a script begins, and does what its messages tell of."""

    def __init__(self, editor: EditorClient, blog: str, script: Object, said: list[Object]) -> None:
        self.blog = blog
        self._editor = editor
        self._script = script
        self._revisions: dict[str, int] = {}
        self._make_blog()
        for post, (revision, published_at) in self._first_revisions(said).items():
            self._publish(post, published_at, 1)
            self._edit_until(post, revision)
        self.start = self.newest()

    def newest(self) -> str:
        """The cursor of the last change that the store has."""
        cursor: str = self._editor.get(f"/v1/blogs/{self.blog}/posts")["cursor"]
        return cursor

    def _make_blog(self) -> None:
        self._editor.blog(id=self.blog, title="The bridge reopens", status="live")

    def _first_revisions(self, said: list[Object]) -> dict[str, tuple[int, str]]:
        """The posts at the client's cursor. A client that loaded in pages has some as they were later."""
        start: Object = self._script["start"]["posts"]
        first = {post: (fields["revision"], fields["published_at"]) for post, fields in start.items()}
        told: set[str] = set()
        for message in said:
            post, revision = about(message)
            if post and post not in told and message.get("change") != "published":
                known, published_at = first.get(post, (revision, "2031-04-12T13:04:00Z"))
                first[post] = (min(known, revision - 1), published_at)
            told.add(post)
        return first

    def do(self, message: Object) -> None:
        """Do what leads to a message."""
        post, revision = about(message)
        match message:
            case {"type": "post", "change": "published"}:
                self._publish(post, fields_of(message)["published_at"], revision, large="too_large" in message)
            case {"type": "post", "change": change}:
                self._edit_until(post, revision - 1)
                body = f"<p>Revision {revision}. {'x' * 20_000 if 'too_large' in message else ''}</p>"
                changed: Object = {
                    "edited": {"body": body},
                    "corrected": {"correction": "It opens on Monday."},
                    "moved": {"published_at": fields_of(message)["published_at"]},
                    "restored": {"status": "published"},
                }[change]
                self._revisions[post] = self._editor.edit(self.blog, post, **changed)["post"]["revision"]
            case {"type": "remove"}:
                self._edit_until(post, revision - 1)
                self._editor.delete(self.blog, post)
                self._revisions[post] = revision
            case {"type": "blog", "blog": {"status": status}}:
                self._editor.change_blog(self.blog, status=status)
            case {"type": "reset", "reason": "epoch"}:
                self._editor.delete_blog(self.blog)
                self._make_blog()

    def _publish(self, post: str, published_at: str, revision: int, *, large: bool = False) -> None:
        fields: Object = {"id": post, "title": f"Post {post}", "body": "x" * 20_000 if large else "<p>The tram.</p>"}
        if revision == 1:
            self._editor.post(self.blog, **fields, status="published", published_at=published_at)
            self._revisions[post] = 1
        else:
            self._editor.post(self.blog, **fields, status="draft")
            self._revisions[post] = 1
            self._edit_until(post, revision - 1)
            self._editor.edit(self.blog, post, status="published", published_at=published_at)
            self._revisions[post] = revision

    def _edit_until(self, post: str, revision: int) -> None:
        while self._revisions[post] < revision:
            title = f"Post {post}, revision {self._revisions[post] + 1}"
            self._revisions[post] = self._editor.edit(self.blog, post, title=title)["post"]["revision"]


def about(message: Object) -> tuple[str, int]:
    """The id and the revision of the post that a message is about. Both are empty if there is none."""
    fields = fields_of(message)
    return (fields["id"], fields["revision"]) if message["type"] in ("post", "remove") else ("", 0)


def fields_of(message: Object) -> Object:
    """The fields of a post, wherever the form has them."""
    fields: Object = message.get("post", message)
    return fields


def without_repeats(messages: Iterable[Object]) -> list[Object]:
    """The messages without heartbeats, and each once: only a client that connects again gets one twice."""
    once: list[Object] = []
    for message in messages:
        if message not in once and message["type"] != "heartbeat":
            once.append(message)
    return once


class Cursors:
    """Which of the server's cursors stands for which of the script's."""

    def __init__(self) -> None:
        self.theirs: dict[str, str] = {}

    def assert_same(self, scripted: str, said: str) -> None:
        assert self.theirs.setdefault(scripted, said) == said
        assert len(set(self.theirs.values())) == len(self.theirs), "two cursors of the script are one"


def assert_same(scripted: Object, said: Object, cursors: Cursors) -> None:
    """Check that the server's message is the script's."""
    cursors.assert_same(scripted["cursor"], said["cursor"])
    for field in ("type", "change", "resumed", "reason", "too_large"):
        assert said.get(field) == scripted.get(field)
    assert about(said) == about(scripted)
    if scripted["type"] == "post":
        moments = [datetime.fromisoformat(fields_of(message)["published_at"]) for message in (scripted, said)]
        assert moments[0] == moments[1]
    if scripted["type"] in ("hello", "blog"):
        assert said["blog"]["status"] == scripted["blog"]["status"]
    assert_has_fields(scripted, said)


def assert_has_fields(scripted: Object, said: Object) -> None:
    for name, value in scripted.items():
        assert name in said
        if isinstance(value, dict):
            assert_has_fields(value, said[name])


@contextmanager
def socket_of(server: Server, blog: str, cursor: str, form: str, query: str = "") -> Iterator[Callable[[], Object]]:
    """What returns the next message of a socket, `closed` once the blog has ended."""
    ask = "&".join(filter(None, (cursor and f"cursor={cursor}", query)))
    address = f"{server.url.replace('http', 'ws')}/v1/blogs/{blog}/socket?{ask}"
    with connect(address, subprotocols=[Subprotocol(f"stoppress.v1.{form}")], proxy=None) as socket:

        def receive() -> Object:
            try:
                message: Object = json.loads(socket.recv(PATIENCE))
            except ConnectionClosed as closed:
                assert closed.rcvd
                return {"type": "closed", "code": closed.rcvd.code}
            return message

        yield receive


@contextmanager
def events_of(
    server: Server, blog: str, cursor: str, form: str = "json", last_event_id: str | None = None
) -> Iterator[tuple[int, Iterator[Object]]]:
    """The status of a request for an event stream, and its events: `retry`, `id`, `event` and `data`."""
    address = f"{server.url}/v1/blogs/{blog}/events?form={form}" + (f"&cursor={cursor}" if cursor else "")
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with httpx2.stream("GET", address, headers=headers, timeout=PATIENCE, trust_env=False) as response:

        def events() -> Iterator[Object]:
            event: Object = {}
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    event[name] = json.loads(value) if name in ("data", "retry") else value
                elif event:
                    yield event
                    event = {}

        yield response.status_code, events()


def wait_until_hub_has(server: Server, newsroom: Newsroom) -> None:
    """Wait for the newest change of an ended blog: the hub reads it from the store a moment after it was accepted."""
    newest = newsroom.newest()

    def has_all() -> bool:
        with events_of(server, newsroom.blog, newsroom.start) as (_, events):
            return any(event.get("id") == newest for event in events)

    until(has_all, "the hub has read every change")


@contextmanager
def messages_of_events(server: Server, blog: str, cursor: str, form: str) -> Iterator[Callable[[], Object]]:
    """The same as `socket_of` by an event stream, whose names and ids are checked."""
    with events_of(server, blog, cursor, form) as (status, events):
        assert status == 200

        def receive() -> Object:
            event = next(events, None)
            if event is None:
                return {"type": "closed", "code": 1000}
            message: Object = event["data"]
            kind = message["type"]
            assert event["event"] == (kind if kind in ("hello", "reset", "bye", "heartbeat") else "change")
            assert event.get("id") == (None if kind in ("heartbeat", "bye") else message["cursor"])
            return message

        yield receive


def next_message(receive: Callable[[], Object]) -> Object:
    """The next message but heartbeats."""
    until = time.monotonic() + PATIENCE
    while (message := receive())["type"] == "heartbeat":
        assert time.monotonic() < until, f"{PATIENCE:g} s of heartbeats alone"
    return message


Transport = Callable[[Server, str, str, str], Any]


@pytest.mark.parametrize("transport", [socket_of, messages_of_events], ids=["socket", "events"])
@pytest.mark.parametrize("path", SAID, ids=lambda path: path.stem)
def test_the_server_says_what_the_script_says(
    path: Path, transport: Transport, server: Server, editor: EditorClient
) -> None:
    script = load(path)
    said = without_repeats(script["messages"])
    newsroom = Newsroom(editor, f"{path.stem}-{transport.__name__}", script, said)
    at = newsroom.start if script["start"]["cursor"] else ""
    form = "html" if any("html" in message for message in said) else "json"
    changes = [message for message in said if message["type"] != "hello"]
    if path.stem in CATCHING_UP:
        for message in changes:
            newsroom.do(message)
    cursors = Cursors()
    if at:
        cursors.assert_same(script["start"]["cursor"], at)
    reader = client(script["start"], at)

    with transport(server, newsroom.blog, at, form) as receive:
        for scripted in said:
            if path.stem in LIVE:
                newsroom.do(scripted)
            message = next_message(receive)
            assert_same(scripted, message, cursors)
            reader.receive(message)
        reader.assert_is(script["then"], cursors.theirs[script["then"]["cursor"]])
        if script["then"]["phase"] == "ended":
            assert next_message(receive) == {"type": "closed", "code": 1000}
        else:
            heartbeat = receive()
            assert (heartbeat["type"], heartbeat["cursor"]) == ("heartbeat", reader.cursor)


@pytest.mark.parametrize("path", scripts("polling"), ids=lambda path: path.stem)
def test_the_server_answers_polls_as_the_script_says(path: Path, server: Server, editor: EditorClient) -> None:
    script = load(path)
    newsroom = Newsroom(editor, f"polling-{path.stem}", script, [])
    cursors = Cursors()
    cursors.assert_same(script["start"]["cursor"], newsroom.start)
    reader = client(script["start"], newsroom.start)
    polls = script["polls"]
    done = 0
    for index, poll in enumerate(polls):
        # All that happens before the next poll that brings everything.
        whole = next(at for at in range(index, len(polls)) if not polls[at]["answer"]["more"])
        for told in polls[done : whole + 1]:
            for message in told["answer"]["messages"]:
                newsroom.do(message)
        done = whole + 1
        scripted = poll["answer"]
        limit = len(scripted["messages"]) if scripted["more"] else 500
        after = cursors.theirs[poll["after"]]
        answer = editor.get(f"/v1/blogs/{newsroom.blog}/changes?after={after}&limit={limit}")
        assert (answer["more"], answer["blog_status"]) == (scripted["more"], scripted["blog_status"])
        for wanted, message in zip(scripted["messages"], answer["messages"], strict=True):
            assert_same(wanted, message, cursors)
            reader.receive(message)
        cursors.assert_same(scripted["cursor"], answer["cursor"])
        reader.blog_is(answer["blog_status"])
    reader.assert_is(script["then"], cursors.theirs[script["then"]["cursor"]])


def test_the_server_streams_events_as_the_script_says(server: Server, editor: EditorClient) -> None:
    """`restart` would need a server of its own, to stop it. tests/hub/sse/test_event_stream.py has that bye."""
    (path,) = (path for path in scripts("events") if path.stem == "ended")
    script = load(path)
    newsroom = Newsroom(editor, "events-ended", script, [])
    cursors = Cursors()
    cursors.assert_same(script["start"]["cursor"], newsroom.start)
    reader = client(script["start"], newsroom.start)
    for request in script["requests"]:
        scripted = request["events"]
        # Once the blog has ended, a stream brings what is lacking and ends: all of that happens before.
        live = not scripted or scripted[0]["data"]["blog"]["status"] == "live"
        if not live:
            for event in scripted:
                newsroom.do(event["data"] if event["event"] == "change" else {"type": event["event"]})
            wait_until_hub_has(server, newsroom)
        last = request["last_event_id"] and cursors.theirs[request["last_event_id"]]
        with events_of(server, newsroom.blog, newsroom.start, last_event_id=last) as (status, events):
            assert status == request["status"]
            for wanted in scripted:
                if live:
                    newsroom.do(wanted["data"])
                event = next(events)
                while event["event"] == "heartbeat" != wanted["event"]:
                    event = next(events)
                assert event.keys() == wanted.keys()
                assert (event["event"], event.get("retry")) == (wanted["event"], wanted.get("retry"))
                assert_same(wanted["data"], event["data"], cursors)
                reader.receive(event["data"])
            assert next(events, None) is None
    reader.assert_is(script["then"], cursors.theirs[script["then"]["cursor"]])


@pytest.mark.parametrize("live", [True, False], ids=["live", "from the ring"])
def test_the_server_sends_large_posts_as_the_script_says(live: bool, server: Server, editor: EditorClient) -> None:
    """Live, all of it. A client that catches up gets the last change of each post: a at once as the third revision."""
    (path,) = scripts("max-message")
    script = load(path)
    said = script["messages"]
    newsroom = Newsroom(editor, f"max-message-{live}", script, said)
    cursors = Cursors()
    cursors.assert_same(script["start"]["cursor"], newsroom.start)
    fetched: list[Object] = []

    def fetch(post: str) -> Object | None:
        address = f"{server.url}/v1/blogs/{newsroom.blog}/posts/{post}"
        response = httpx2.get(address, timeout=PATIENCE, trust_env=False)
        fetched.append({"post": post, "status": response.status_code})
        found: Object | None = response.json() if response.is_success else None
        return found

    reader = client(script["start"], newsroom.start, fetch)
    query = f"max_message={script['max_message']}"
    if not live:
        for message in said:
            newsroom.do(message)
        last = {about(message)[0]: message for message in said}
        said = [message for message in said if message is last[about(message)[0]]]
    with socket_of(server, newsroom.blog, newsroom.start, "json", query) as receive:
        received = [next_message(receive)]
        if live:
            for message in said:
                newsroom.do(message)
        received += [next_message(receive) for _ in said[1:]]
    for scripted, message in zip(said, received, strict=True):
        assert_same(scripted, message, cursors)
        reader.receive(message)
    asked = [{"post": fetch["post"], "status": fetch["status"]} for fetch in script["fetches"]]
    assert fetched == (asked if live else asked[:1])
    reader.assert_is(script["then"], cursors.theirs[script["then"]["cursor"]])


def test_every_script_is_said_or_has_a_reason_why_not() -> None:
    assert {path.stem for path in scripts()} == LIVE | CATCHING_UP | NEVER_SAID.keys()
