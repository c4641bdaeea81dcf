"""Arbitrary input to each parser of foreign bytes: it answers or refuses by its own error, and in bounded size.

`make test` runs a few examples, the same ones each time. `make fuzz` runs FUZZ_EXAMPLES of them, new ones each time.
"""

from __future__ import annotations

import io
import os
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stoppress.errors import Invalid
from stoppress.fields import BODY_MAX
from stoppress.hub.socket.client_frames import ClientFrames
from stoppress.hub.socket.handshake import read_common_handshake
from stoppress.media.picture import make
from stoppress.media.scans import count_scans
from stoppress.model.cursor import Cursor
from stoppress.sanitize import render, sanitize

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
fuzzed = settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# What would run in a browser, or load by itself, in the markup that sanitize returns.
ACTIVE = re.compile(r"<\s*(script|iframe|object|embed|svg|math|style|base|form)\b|<[^>]*\s(on\w+|srcdoc)\s*=", re.I)
SCHEME = re.compile(r"""(?:href|src|cite|poster)="\s*(?:javascript|vbscript|data):""", re.I)


def pieces(*known: str) -> st.SearchStrategy[str]:
    """Text made of known pieces and arbitrary ones."""
    return st.lists(st.one_of(st.sampled_from(known), st.text(max_size=6)), max_size=30).map("".join)


MARKUP = pieces(
    *("<", ">", '"', "'", "&", "&lt;", "&#x3c;", "<!--", "-->", "<p>", "</p>", "<b>", "<a href=", "<img src=", "<svg>"),
    *(
        "<math>",
        "<table>",
        "<template>",
        "<style>",
        "<title>",
        "<noscript>",
        "<script>",
        "</script>",
        "<iframe srcdoc=",
    ),
    *(
        " onerror=",
        "javascript:",
        "java\tscript:",
        "data:text/html,",
        "https://example.org/",
        "<mglyph>",
        "]]>",
        "\x00",
    ),
)
MARKDOWN = pieces(
    *(
        "[",
        "]",
        "(",
        ")",
        "[a]: ",
        "[a]",
        "`",
        "```\n",
        "*",
        "**",
        "~~",
        "> ",
        "- ",
        "1. ",
        "\n",
        "\n\n",
        "    ",
        "|",
        "---",
    ),
    *("<script>", "<https://example.org/>", "javascript:", "![x](", "&#106;avascript:", "\\", "# "),
)


def harmless(html: str) -> None:
    assert len(html) <= 5 * BODY_MAX
    assert not ACTIVE.search(html) and not SCHEME.search(html), html


@fuzzed
@given(MARKUP)
def test_sanitised_html_is_harmless_and_stays_as_it_is(html: str) -> None:
    try:
        clean = sanitize(html)
    except Invalid:
        return
    harmless(clean)
    assert sanitize(clean) == clean


@fuzzed
@given(MARKDOWN)
def test_markdown_becomes_harmless_html(text: str) -> None:
    try:
        harmless(render(text))
    except Invalid:
        pass


@fuzzed
@given(st.lists(st.binary(max_size=80), max_size=8), st.booleans())
def test_frames_in_any_pieces_end_or_wait(parts: list[bytes], deflated: bool) -> None:
    frames = ClientFrames(deflated=deflated)
    for part in parts:
        answer = frames.receive(part)
        assert sum(map(len, answer)) <= len(part) + 200
        if b"" in answer:
            break


LINES = [
    *(b"GET /v1/blogs/a/socket HTTP/1.1", b"GET  HTTP/1.1", b"Host: a", b"host: a, b", b"Upgrade: websocket"),
    *(b"Connection: Upgrade", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13"),
    *(b"Sec-WebSocket-Protocol: stoppress.v1.json", b"Content-Length: 5", b" folded", b"X-Forwarded-For: 192.0.2.1"),
]


@fuzzed
@given(st.lists(st.one_of(st.sampled_from(LINES), st.binary(max_size=20)), max_size=12), st.booleans())
def test_a_head_is_read_only_if_nothing_in_it_is_ambiguous(lines: list[bytes], compress: bool) -> None:
    asked = read_common_handshake(b"\r\n".join(lines) + b"\r\n\r\n", compress=compress)
    if asked is not None:
        names = [line.partition(b":")[0].lower() for line in lines[1:]]
        assert names.count(b"host") == 1 and len(set(names)) == len(names)
        assert b"content-length" not in names and b"transfer-encoding" not in names


@fuzzed
@given(
    st.lists(st.sampled_from(["e", "0", "12", ".", "-", "_", "999999999999999", "\n", "٣"]), max_size=3).map("".join),
    st.lists(st.sampled_from(["0", "12", "999999999999999", ".", "\n", "٣", "+", "_", " "]), max_size=3).map("".join),
)
def test_a_cursor_is_read_as_it_is_written(epoch: str, sequence: str) -> None:
    text = f"{epoch}.{sequence}"
    try:
        assert str(Cursor.parse(text)) == text
    except ValueError:
        pass


def picture(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (9, 7), "teal").save(out, kind, **options)
    return out.getvalue()


SAMPLES = [picture("PNG"), picture("JPEG", progressive=True), picture("GIF"), picture("WEBP")]


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what is broken, and goes on
@fuzzed
@given(
    st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6), st.booleans()
)
def test_a_damaged_picture_is_made_or_refused(sample: bytes, changes: list[tuple[float, int]], cut: bool) -> None:
    content = bytearray(sample)
    for place, value in changes:
        content[int(place * len(content))] = value
    damaged = bytes(content[: len(content) // 2] if cut else content)
    assert 0 <= count_scans(damaged) <= len(damaged)
    try:
        made = make(damaged, digest="0" * 32, pixels=100_000)
    except Invalid as error:
        assert str(error)
    else:
        assert made.width * made.height <= 100_000
