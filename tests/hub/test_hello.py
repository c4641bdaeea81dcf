"""A reader's first messages, and from where it goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.history import a_blog
from stoppress.hub.encoded_message import payload, text_frame
from stoppress.hub.hello import Hello, make_hello
from stoppress.model import Cursor
from stoppress.resume import History

HEAD = Cursor("e1", 7)


def hello(cursor: Cursor | None) -> Hello:
    """Of a reader that comes to a blog at HEAD, whose ring has the changes after 4."""
    return make_hello(cursor, History(HEAD), a_blog(), 4, 25.0)


def message_of(made: Hello) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(payload(made.frame))
    assert (message["type"], message["heartbeat"], message["blog"]["id"]) == ("hello", 25.0, "regatta")
    return message


def test_without_a_cursor_a_reader_begins_at_the_head_and_is_counted_as_nothing_resumed() -> None:
    made = hello(None)
    assert (made.sequence, made.cursor, made.reset, made.kind) == (7, HEAD, None, None)
    assert (message_of(made)["cursor"], message_of(made)["resumed"]) == ("e1.7", False)


@pytest.mark.parametrize(("sequence", "kind"), [(7, "ring"), (4, "ring"), (3, "store"), (0, "store")])
def test_a_reader_goes_on_from_its_cursor_by_the_ring_as_far_as_that_reaches(sequence: int, kind: str) -> None:
    made = hello(Cursor("e1", sequence))
    assert (made.sequence, made.cursor, made.reset, made.kind) == (sequence, Cursor("e1", sequence), None, kind)
    assert (message_of(made)["cursor"], message_of(made)["resumed"]) == (f"e1.{sequence}", True)


@pytest.mark.parametrize(("cursor", "reason"), [("e1.8", "ahead"), ("e2.3", "epoch")])
def test_a_reader_that_can_not_go_on_is_greeted_with_its_own_cursor_and_reset_to_the_head(
    cursor: str, reason: str
) -> None:
    made = hello(Cursor.parse(cursor))
    assert (made.sequence, str(made.cursor), made.kind) == (7, cursor, "reset")
    assert (message_of(made)["cursor"], message_of(made)["resumed"]) == (cursor, False)
    assert made.reset is not None
    assert json.loads(made.reset) == {"type": "reset", "cursor": "e1.7", "reason": reason}


def test_the_first_messages_are_the_same_as_frames_and_as_events() -> None:
    made = hello(Cursor("e2", 3))
    assert made.reset is not None
    assert made.frames() == made.frame + text_frame(made.reset)
    first, second, rest = made.events(HEAD).split(b"\n\n")
    assert first == b"retry: 2000\nid: e2.3\nevent: hello\ndata: " + payload(made.frame)
    assert second == b"id: e1.7\nevent: reset\ndata: " + made.reset.encode()
    assert rest == b""
    assert hello(None).frames() == hello(None).frame
