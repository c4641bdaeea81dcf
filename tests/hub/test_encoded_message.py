"""A change is encoded once for each form, and every reader gets the same bytes."""

from __future__ import annotations

import json
import random
import zlib

import pytest
from websockets.frames import CLOSE, TEXT, Close, Frame

from hub.history import HistoryInMemory, PlainMarkup, a_blog, a_message
from stoppress.hub.encoded_message import Message, close_frame, deflated_frame, frame_format, text_frame
from stoppress.model import Blog, Post
from stoppress.wire import Form

LONG = "<p>The wind turns, and the boats with it.</p>" * 30


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


def test_the_compressed_frame_is_made_once_and_says_the_same() -> None:
    message = a_message(LONG)
    plain, squeezed = message.frame(frame_format(Form.JSON)), message.frame(frame_format(Form.JSON, deflated=True))
    assert message.frame(frame_format(Form.JSON, deflated=True)) is squeezed
    assert squeezed[0] == 0xC1 and len(squeezed) < len(plain) / 2
    head = 2 if squeezed[1] < 126 else 4
    inflated = zlib.decompressobj(wbits=-15).decompress(squeezed[head:] + b"\x00\x00\xff\xff")
    assert inflated == plain[4:]


def test_short_ones_stay_plain_and_so_does_what_would_not_become_shorter() -> None:
    short = a_message("<p>Start.</p>").frame(frame_format(Form.HTML))
    assert deflated_frame(short) is short
    noise = text_frame("".join(random.Random(7).choices([chr(n) for n in range(256, 55_000, 7)], k=400)))
    assert len(deflated_frame(noise)) <= len(noise)


def test_the_deflated_event_is_made_once() -> None:
    message = a_message(LONG)
    assert message.deflated_event(Form.JSON) is message.deflated_event(Form.JSON)
    assert len(message.deflated_event(Form.JSON)) < len(message.event(Form.JSON)) / 2
