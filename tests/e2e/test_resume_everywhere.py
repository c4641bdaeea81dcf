"""One cursor, three ways to follow: WebSocket, Server-Sent Events and polling give the same answer to each cursor.

Each case asks all three at once. Then one more post is published, so that what each of them gets next shows that
nothing was still to come.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
import redis
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from waiting import PATIENCE

from .server import EditorClient, Server, running

pytestmark = pytest.mark.server

RING = 5
FORMS = ("json", "html")

Message = dict[str, Any]
Kind = Literal["from now", "continue", "reset"]


@dataclass(frozen=True)
class Answer:
    """What a client gets for its cursor: `cursor` is where it stands once it has applied the messages."""

    kind: Kind
    messages: list[Message]
    cursor: str


def answer(resumed: bool, begins: str, messages: list[Message]) -> Answer:
    kind: Kind = "reset" if messages and messages[0]["type"] == "reset" else "continue" if resumed else "from now"
    return Answer(kind, messages, messages[-1]["cursor"] if messages else begins)


class Following:
    """A client that stays connected: it has been greeted, and gets messages one by one."""

    def __init__(self, messages: Iterator[Message]) -> None:
        self._messages = messages
        self.hello = next(messages)
        assert self.hello["type"] == "hello"

    def until(self, head: str) -> Answer:
        """What comes until it is at the head."""
        got: list[Message] = []
        resumed = self.hello["resumed"]
        # Without a cursor nothing comes; a reset comes first also when the client's cursor is past the head.
        while (got[-1]["cursor"] if got else self.hello["cursor"]) != head:
            got.append(self.next())
        return answer(resumed, self.hello["cursor"], got)

    def next(self) -> Message:
        return next(message for message in self._messages if message["type"] != "heartbeat")

    def rest(self) -> list[Message]:
        """All that comes until the server ends it."""
        return [message for message in self._messages if message["type"] != "heartbeat"]


def by_socket(client: ClientConnection) -> Iterator[Message]:
    try:
        while True:
            yield json.loads(client.recv(PATIENCE))
    except ConnectionClosed:
        return


def by_events(response: httpx2.Response) -> Iterator[Message]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


class Clients:
    """The three ways to follow a blog of `server`, in one form."""

    http = httpx2.Client(timeout=PATIENCE)  # one for all: making one takes longer than a request

    def __init__(self, server: Server, blog: str, form: str) -> None:
        self._server = server
        self._blog = blog
        self._form = form

    def address(self, way: str, **query: str | None) -> str:
        given = httpx2.QueryParams({name: value for name, value in query.items() if value is not None})
        return f"{self._server.url}/v1/blogs/{self._blog}/{way}?{given}"

    def socket(self, cursor: str | None) -> ClientConnection:
        address = self.address("socket", cursor=cursor).replace("http://", "ws://", 1)
        return connect(address, subprotocols=[Subprotocol(f"stoppress.v1.{self._form}")], proxy=None)

    @contextmanager
    def events(self, cursor: str | None) -> Iterator[httpx2.Response]:
        address = self.address("events", cursor=cursor, form=self._form)
        with self.http.stream("GET", address) as response:
            yield response

    def poll(self, cursor: str | None, limit: int = 500) -> Answer:
        """All pages, of so many messages each."""
        got: list[Message] = []
        here, more = cursor, True
        while more:
            page = self.http.get(self.address("changes", after=here, form=self._form, limit=str(limit))).json()
            got += page["messages"]
            here, more = page["cursor"], page["more"]
        assert here is not None
        found = answer(cursor is not None, here, got)
        assert found.cursor == here
        return found


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One whose ring and stream are short."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder:
        with running(Path(folder), ring_events=str(RING), history="100") as server:
            yield server


@pytest.fixture(scope="module")
def editor(server: Server) -> Iterator[EditorClient]:
    with closing(EditorClient(server.url)) as editor:
        yield editor


@dataclass
class Story:
    """A blog with 320 changes, and where it stood after each: `at[-1]` is the head."""

    blog: str
    at: list[str]

    @property
    def epoch(self) -> str:
        return self.at[-1].partition(".")[0]


def told(server: Server, editor: EditorClient, blog: str) -> Story:
    """Make the blog and its story: many posts at once, then edits, a deletion and a change of the blog itself."""
    at = [editor.blog(id=blog, title="The night of the Petrel")["cursor"]]
    epoch = at[0].partition(".")[0]
    editor.batch(blog, [{"id": f"p{number:03}", "title": f"Post {number}"} for number in range(300)])
    at += [f"{epoch}.{number}" for number in range(2, 302)]
    for number in range(10):
        at.append(editor.edit(blog, f"p{number % 4:03}", title=f"Edited {number}")["cursor"])
    at.append(editor.change_blog(blog, title="The Petrel holds")["cursor"])
    editor.delete(blog, "p001")
    at.append(f"{epoch}.{len(at) + 1}")
    at += [editor.post(blog, id=f"new-{number}", body="<p>Rain.</p>")["cursor"] for number in range(2)]
    at.append(editor.edit(blog, "p002", title="Last word", correction="It was two.")["cursor"])
    assert [int(cursor.partition(".")[2]) for cursor in at] == list(range(1, len(at) + 1))
    with redis.Redis.from_url(f"unix://{server.data}/valkey/valkey.sock") as client:
        assert client.xlen(f"stoppress:{{{blog}}}:events") < len(at) - 50, "the stream is trimmed"
    return Story(blog, at)


@pytest.fixture(scope="module")
def story(server: Server, editor: EditorClient) -> Story:
    return told(server, editor, "petrel")


CASES: dict[str, tuple[Callable[[Story], str | None], Kind]] = {
    "no cursor": (lambda story: None, "from now"),
    "at the head": (lambda story: story.at[-1], "continue"),
    "one change behind": (lambda story: story.at[-2], "continue"),
    "behind within the ring": (lambda story: story.at[-1 - RING], "continue"),
    "just behind the ring": (lambda story: story.at[-2 - RING], "continue"),
    "behind the ring": (lambda story: story.at[-15], "continue"),
    "behind the trimmed stream": (lambda story: story.at[0], "continue"),
    "from the very beginning": (lambda story: f"{story.epoch}.0", "continue"),
    "ahead": (lambda story: f"{story.epoch}.{len(story.at) + 5}", "reset"),
    "of another epoch": (lambda story: f"other.{len(story.at)}", "reset"),
    "of another epoch and ahead": (lambda story: "other.99999", "reset"),
}


FAR_BEHIND = ("behind the trimmed stream", "from the very beginning")  # more than STOPPRESS_CATCH_UP_CHANGES


@pytest.mark.parametrize(
    ("case", "form"),
    [(case, form) for case in CASES for form in FORMS if not (form == "html" and case in FAR_BEHIND)],
)
def test_the_same_cursor_gets_the_same_answer(
    server: Server, editor: EditorClient, story: Story, case: str, form: str
) -> None:
    choose, kind = CASES[case]
    cursor, head = choose(story), story.at[-1]
    clients = Clients(server, story.blog, form)
    with ExitStack() as stack:
        socket = Following(by_socket(stack.enter_context(clients.socket(cursor))))
        stream = Following(by_events(stack.enter_context(clients.events(cursor))))
        expected = clients.poll(cursor)
        assert (expected.kind, expected.cursor) == (kind, head)
        assert socket.until(head) == expected
        assert stream.until(head) == expected
        assert clients.poll(cursor, limit=3) == expected, "in pages as in one"
        assert socket.hello == stream.hello
        assert (socket.hello["cursor"], socket.hello["resumed"]) == (cursor or head, kind == "continue")
        if kind == "reset":
            reason = "epoch" if case.startswith("of another epoch") else "ahead"
            assert expected.messages == [{"type": "reset", "cursor": head, "reason": reason}]
        story.at.append(editor.edit(story.blog, "new-1", byline=f"{case}, {form}")["cursor"])
        (following,) = clients.poll(head).messages
        assert (socket.next(), stream.next()) == (following, following)
        assert following["cursor"] == story.at[-1]


@pytest.mark.parametrize("case", FAR_BEHIND)
def test_far_behind_in_html_a_connection_is_told_to_load_again_and_a_poll_is_paged(
    server: Server, story: Story, case: str
) -> None:
    """A poll brings as many messages as it asked for, so it needs no such limit (docs/protocol.md, The cursor)."""
    cursor, head = CASES[case][0](story), story.at[-1]
    clients = Clients(server, story.blog, "html")
    reset = {"type": "reset", "cursor": head, "reason": "too_far_behind"}
    with ExitStack() as stack:
        socket = Following(by_socket(stack.enter_context(clients.socket(cursor))))
        stream = Following(by_events(stack.enter_context(clients.events(cursor))))
        assert socket.hello == stream.hello
        assert (socket.hello["cursor"], socket.hello["resumed"]) == (cursor, False)
        assert socket.until(head) == stream.until(head) == Answer("reset", [reset], head)
    polled = clients.poll(cursor)
    assert (polled.kind, polled.cursor) == ("continue", head)
    assert polled == clients.poll(cursor, limit=3)


def test_what_a_client_lacks_is_compacted_to_the_last_word_on_each_post(server: Server, story: Story) -> None:
    got = Clients(server, story.blog, "json").poll(story.at[0]).messages
    about = [message["id"] if "id" in message else message.get("post", {}).get("id") for message in got]
    assert len(about) == len(set(about)) == 303, "each of 302 posts, and the blog"
    numbers = [int(message["cursor"].partition(".")[2]) for message in got]
    assert numbers == sorted(numbers)
    assert {message["type"] for message in got} == {"post", "remove", "blog"}


@pytest.mark.parametrize("cursor", ["", "nonsense", "e1.", "e1.-1", "e1.01", "e1.1 ", "ä.1", "e1.9999999999999999"])
def test_a_malformed_cursor_is_refused_in_the_same_words(server: Server, story: Story, cursor: str) -> None:
    clients = Clients(server, story.blog, "json")
    with pytest.raises(InvalidStatus) as refused:
        clients.socket(cursor)
    answers = {"socket": refused.value.response.body}
    for way, name in (("events", "cursor"), ("changes", "after")):
        response = clients.http.get(clients.address(way, **{name: cursor}))
        assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
        answers[way] = response.content
    assert refused.value.response.status_code == 400
    problems = {way: json.loads(body or b"") for way, body in answers.items()}
    assert [error["parameter"] for error in problems["changes"]["errors"]] == ["after"]
    assert (
        problems["socket"]
        == problems["events"]
        == json.loads(json.dumps(problems["changes"]).replace('"after"', '"cursor"').replace('"after: ', '"cursor: '))
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_deleted_blog_is_gone_for_all_and_not_found_then(server: Server, editor: EditorClient, form: str) -> None:
    blog = f"short-{form}"
    cursor = editor.blog(id=blog, title="A short night")["cursor"]
    clients = Clients(server, blog, form)
    with ExitStack() as stack:
        connection = stack.enter_context(clients.socket(cursor))
        socket = Following(by_socket(connection))
        stream = Following(by_events(stack.enter_context(clients.events(cursor))))
        editor.delete_blog(blog)
        assert (socket.rest(), stream.rest()) == ([], [])
        assert connection.close_code == 4404
    with pytest.raises(InvalidStatus) as refused:
        clients.socket(cursor)
    problems = [json.loads(refused.value.response.body or b"")]
    for way, name in (("events", "cursor"), ("changes", "after")):
        problems.append(clients.http.get(clients.address(way, **{name: cursor})).json())
    assert [problem["status"] for problem in problems] == [404] * 3
    assert problems[0] == problems[1] == problems[2]


@pytest.mark.parametrize("form", FORMS)
def test_a_blog_deleted_and_made_again_resets_all(server: Server, editor: EditorClient, form: str) -> None:
    blog = f"again-{form}"
    old = editor.blog(id=blog, title="The first night")["cursor"]
    editor.delete_blog(blog)
    head = editor.blog(id=blog, title="The second night")["cursor"]
    clients = Clients(server, blog, form)
    with ExitStack() as stack:
        socket = Following(by_socket(stack.enter_context(clients.socket(old))))
        stream = Following(by_events(stack.enter_context(clients.events(old))))
        expected = Answer("reset", [{"type": "reset", "cursor": head, "reason": "epoch"}], head)
        assert clients.poll(old) == socket.until(head) == stream.until(head) == expected


def test_a_blog_deleted_and_made_again_is_itself_before_the_next_comparison_with_the_store() -> None:
    with tempfile.TemporaryDirectory(prefix="sp-") as folder, running(Path(folder), verify="600") as server:
        with closing(EditorClient(server.url)) as editor:
            old = editor.blog(id="night", title="The first night")["cursor"]
            clients = Clients(server, "night", "json")
            with clients.socket(old) as reader:
                assert json.loads(reader.recv(PATIENCE))["blog"]["title"] == "The first night"
                editor.delete_blog("night")
                head = editor.blog(id="night", title="The second night")["cursor"]
                reset = {"type": "reset", "cursor": head, "reason": "epoch"}
                assert json.loads(reader.recv(PATIENCE)) == reset
                with clients.socket(None) as late:
                    hello = json.loads(late.recv(PATIENCE))
                    assert (hello["blog"]["title"], hello["cursor"]) == ("The second night", head)


@pytest.mark.parametrize("form", FORMS)
def test_of_a_blog_that_ended_all_get_what_they_lack_and_are_let_go(
    server: Server, editor: EditorClient, form: str
) -> None:
    blog = f"ended-{form}"
    start = editor.blog(id=blog, title="A night")["cursor"]
    for number in range(2 * RING):
        editor.post(blog, id=f"p{number}", title=f"Post {number}")
    near = editor.edit(blog, "p0", title="Edited")["cursor"]
    head = editor.change_blog(blog, status="ended")["cursor"]
    clients = Clients(server, blog, form)
    for cursor in (start, near, head):
        expected = clients.poll(cursor)
        with clients.socket(cursor) as connection:
            socket = Following(by_socket(connection))
            assert answer(True, cursor, socket.rest()) == expected
            assert connection.close_code == 1000
        with clients.events(cursor) as response:
            if cursor == head:
                assert response.status_code == 204, "which keeps an EventSource away"
            else:
                assert answer(True, cursor, Following(by_events(response)).rest()) == expected
    assert expected == Answer("continue", [], head)
