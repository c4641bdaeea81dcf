"""A change is encoded once for each form, and every reader gets the same bytes."""

from __future__ import annotations

import json

import pytest
from websockets.frames import CLOSE, TEXT, Close, Frame

from hub.history import HistoryInMemory, PlainMarkup, a_blog
from stoppress.hub.message import Message, close_frame, frame_format, text_frame
from stoppress.model import Blog, Post
from stoppress.wire import Form


class CountingMarkup(PlainMarkup):
    """Counts how often a post was rendered."""

    def __init__(self) -> None:
        self.rendered = 0

    def post(self, blog: Blog, post: Post) -> str:
        self.rendered += 1
        return super().post(blog, post)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_frames_are_those_of_websockets(length: int) -> None:
    text = "ö" * (length // 2) + "o" * (length % 2)
    assert text_frame(text) == Frame(TEXT, text.encode()).serialize(mask=False)


def test_close_frames_too() -> None:
    assert close_frame(1013) == Frame(CLOSE, Close(1013, "").serialize()).serialize(mask=False)


def test_each_form_is_made_once_and_only_when_asked_for() -> None:
    history, markup = HistoryInMemory(), CountingMarkup()
    history.publish("a")
    message = Message(history.records["regatta"][0], a_blog(), "e1", markup)
    assert markup.rendered == 0
    assert message.frame(frame_format(Form.HTML)) is message.frame(frame_format(Form.HTML))
    assert message.event(Form.HTML) is message.event(Form.HTML)
    assert markup.rendered == 1
    assert message.frame(frame_format(Form.JSON)) is message.frame(frame_format(Form.JSON))
    assert message.frame(frame_format(Form.JSON)) != message.frame(frame_format(Form.HTML))


@pytest.mark.parametrize("body", ["", "x" * 1000, "x" * 90_000])
def test_the_event_says_what_the_frame_says(body: str) -> None:
    history = HistoryInMemory()
    history.publish("a", body=body)
    message = Message(history.records["regatta"][0], a_blog(), "e1", PlainMarkup())
    lines = message.event(Form.JSON).decode().split("\n")
    assert lines[:2] == ["id: e1.1", "event: change"]
    assert lines[3:] == ["", ""]
    data = lines[2].removeprefix("data: ")
    assert text_frame(data) == message.frame(frame_format(Form.JSON))
    assert json.loads(data)["post"]["body"] == body
