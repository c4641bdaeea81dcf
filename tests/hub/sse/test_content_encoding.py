"""Event streams as gzip, put together from pieces that all streams share."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.history import a_message
from stoppress.hub.encoded_message import frame_format
from stoppress.hub.sse.content_encoding import Gzip, Identity, encoding
from stoppress.wire import Form


@given(
    st.lists(
        st.one_of(st.binary(max_size=300), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300)),
        max_size=12,
    )
)
def test_a_gzip_stream_put_together_from_shared_pieces_is_gzip(parts: list[bytes | str]) -> None:
    stream, plain, sent = Gzip(), b"", b""
    for part in parts:
        if isinstance(part, bytes):
            plain += part
            sent += stream.encode_block(part)
        else:
            message = a_message(part)
            plain += message.event(frame_format(Form.JSON))
            sent += stream.encode_message(message, frame_format(Form.JSON))
    if plain:
        assert gzip.decompress(sent + stream.end()) == plain


def test_each_block_and_each_message_ends_with_a_flush() -> None:
    # Without the empty block of Z_SYNC_FLUSH, Go's reader holds a block back until the next one.
    stream, flush = Gzip(), b"\x00\x00\xff\xff"
    assert stream.encode_block(b"data: hello\n\n").endswith(flush)
    assert stream.encode_message(a_message("short"), frame_format(Form.JSON)).endswith(flush)
    assert stream.encode_message(a_message("long " * 1000), frame_format(Form.JSON)).endswith(flush)


def test_stored_blocks_may_be_long() -> None:
    stream = Gzip()
    assert gzip.decompress(stream.encode_block(b"x" * 200_000) + stream.end()) == b"x" * 200_000


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("gzip, deflate, br", Gzip), ("br", Identity), ("", Identity), ("gzip;q=0", Identity), ("br, GZIP; q=0.5", Gzip)],
)
def test_gzip_is_for_those_who_accept_it(accepted: str, chosen: type) -> None:
    assert type(encoding(accepted)) is chosen
