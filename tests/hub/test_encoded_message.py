"""A change is encoded once for each form, and every reader gets the same bytes."""

from __future__ import annotations

import json
import random
import zlib

import pytest
from websockets.frames import CLOSE, TEXT, Close, Frame

from hub.history import HistoryInMemory, PlainMarkup, a_blog, a_message
from stoppress.hub.encoded_message import (
    Message,
    close_frame,
    deflated_frame,
    frame_format,
    notice,
    payload,
    payload_length,
    text_frame,
)
from stoppress.model import Blog, BlogChanged, Post, Record
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
    assert message.event(frame_format(Form.HTML)) is message.event(frame_format(Form.HTML))
    assert markup.rendered == 1
    assert message.frame(frame_format(Form.JSON)) is message.frame(frame_format(Form.JSON))
    assert message.frame(frame_format(Form.JSON)) != message.frame(frame_format(Form.HTML))


@pytest.mark.parametrize("body", ["", "x" * 1000, "x" * 90_000])
def test_the_event_says_what_the_frame_says(body: str) -> None:
    history = HistoryInMemory()
    history.publish("a", body=body)
    message = Message(history.records["regatta"][0], a_blog(), "e1", PlainMarkup())
    lines = message.event(frame_format(Form.JSON)).decode().split("\n")
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


LIMITED = frame_format(Form.JSON, max_message=16_384)
LARGE = "<p>The wind turns.</p>" * 1_000


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (16_384, 16_384),
        (32_767, 16_384),
        (32_768, 32_768),
        (1_000_000, 524_288),
        (4_194_303, 2_097_152),
        (4_194_304, None),
        (999_999_999, None),
        (None, None),
    ],
)
def test_limits_are_few(asked: int | None, kept: int | None) -> None:
    """So readers with nearly the same limit share their frames."""
    assert frame_format(Form.HTML, deflated=True, max_message=asked).max_message == kept
    assert frame_format(Form.HTML, deflated=True, max_message=asked) is frame_format(
        Form.HTML, deflated=True, max_message=kept
    )


@pytest.mark.parametrize("form", Form)
def test_a_post_within_the_limit_is_the_very_frame_that_readers_without_one_get(form: Form) -> None:
    message = a_message(LONG)
    for deflated in (False, True):
        whole = message.frame(frame_format(form, deflated=deflated))
        assert message.frame(frame_format(form, deflated=deflated, max_message=16_384)) is whole
    limited = frame_format(form, max_message=16_384)
    assert message.event(limited) is message.event(frame_format(form))
    assert message.deflated_event(limited) is message.deflated_event(frame_format(form))


def test_a_larger_post_comes_without_its_content() -> None:
    message = a_message(LARGE)
    frame = message.frame(LIMITED)
    said = json.loads(payload(frame))
    whole = json.loads(payload(message.frame(frame_format(Form.JSON))))
    assert said["too_large"] is True
    assert "post" not in said
    assert (said["id"], said["revision"]) == (whole["post"]["id"], whole["post"]["revision"])
    assert {name: said[name] for name in ("type", "cursor", "change", "blog")} == {
        name: whole[name] for name in ("type", "cursor", "change", "blog")
    }
    assert message.frame(LIMITED) is frame
    assert json.loads(message.event(LIMITED).decode().split("data: ")[1]) == said
    stream = zlib.decompressobj(wbits=-15)
    assert stream.decompress(message.deflated_event(LIMITED)) == message.event(LIMITED)


class LongMarkup(PlainMarkup):
    def post(self, blog: Blog, post: Post) -> str:
        return LARGE


def test_a_post_with_much_markup_comes_without_it() -> None:
    history = HistoryInMemory()
    history.publish("a")
    message = Message(history.records["regatta"][0], a_blog(), "e1", LongMarkup())
    whole = json.loads(payload(message.frame(frame_format(Form.HTML))))
    said = json.loads(payload(message.frame(frame_format(Form.HTML, max_message=16_384))))
    assert said == {name: whole[name] for name in said if name != "too_large"} | {"too_large": True}
    assert whole.keys() - said.keys() == {"html"}
    assert message.frame(LIMITED) is message.frame(frame_format(Form.JSON))  # as data it is small


@pytest.mark.parametrize(("more", "whole"), [(0, True), (1, False)])
def test_the_limit_counts_the_bytes_of_the_message_before_compression(more: int, whole: bool) -> None:
    empty = payload_length(a_message("").frame(frame_format(Form.JSON)))
    body = "ö" * ((16_384 - empty) // 2)
    body += "o" * (16_384 - empty - len(body.encode()) + more)
    message = a_message(body)
    assert payload_length(message.frame(frame_format(Form.JSON))) == 16_384 + more
    for deflated in (False, True):
        same = message.frame(frame_format(Form.JSON, deflated=deflated))
        assert (message.frame(frame_format(Form.JSON, deflated=deflated, max_message=16_384)) is same) == whole


def test_what_is_no_post_comes_whole() -> None:
    blog = a_blog().model_copy(update={"description": "\U0001f600" * 4_000, "byline": "B" * 1_000})
    message = Message(Record(1, 0, None, BlogChanged(blog)), blog, "e1", PlainMarkup())
    assert payload_length(message.frame(LIMITED)) > 16_384
    assert message.frame(LIMITED) is message.frame(frame_format(Form.JSON))


def test_the_deflated_event_is_made_once() -> None:
    message = a_message(LONG)
    assert message.deflated_event(frame_format(Form.JSON)) is message.deflated_event(frame_format(Form.JSON))
    assert len(message.deflated_event(frame_format(Form.JSON))) < len(message.event(frame_format(Form.JSON))) / 2


@pytest.mark.parametrize("limit", [None, 16_384])
@pytest.mark.parametrize("body", ["short", "x" * 20_000])
def test_the_chunk_of_a_stream_holds_the_event_and_is_made_once(body: str, limit: int | None) -> None:
    message = a_message(body)
    event = message.event(frame_format(Form.JSON, max_message=limit))
    plain = frame_format(Form.JSON, max_message=limit, transport="sse")
    squeezed = frame_format(Form.JSON, max_message=limit, deflated=True, transport="sse")
    assert message.frame(plain) == b"%x\r\n%b\r\n" % (len(event), event)
    assert message.frame(plain) is message.frame(plain)
    size, _, rest = message.frame(squeezed).partition(b"\r\n")
    assert len(rest) == int(size, 16) + 2
    assert zlib.decompressobj(wbits=-15).decompress(rest[:-2]) == event
    whole = message.frame(frame_format(Form.JSON, transport="sse"))
    assert (message.frame(plain) is whole) == (limit is None or body == "short")


@pytest.mark.parametrize("deflated", [False, True])
def test_a_notice_is_a_frame_or_an_event_in_a_chunk(deflated: bool) -> None:
    assert notice(frame_format(Form.JSON, deflated=deflated), "bye", "{}", retry=5) == text_frame("{}")
    sent = notice(frame_format(Form.JSON, deflated=deflated, transport="sse"), "bye", "{}", retry=5)
    size, _, rest = sent.partition(b"\r\n")
    content = rest[: int(size, 16)]
    plain = zlib.decompressobj(wbits=-15).decompress(content) if deflated else content
    assert plain == b"retry: 5\nevent: bye\ndata: {}\n\n"
