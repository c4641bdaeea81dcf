"""What many readers get is compressed once, and only for those who take it."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from hub.frames import close, frame, raw
from hub.history import HistoryInMemory, PlainMarkup, a_blog
from hub.serving import HubServer, hub_server, receive
from stoppress.hub import message as prepared
from stoppress.hub.events.content_encoding import Gzip, Identity, encoding
from stoppress.hub.message import Message, frame_format
from stoppress.wire import Form

pytestmark = pytest.mark.anyio

LONG = "<p>The wind turns, and the boats with it.</p>" * 30


def a_message(body: str) -> Message:
    history = HistoryInMemory()
    history.publish("a", body=body)
    return Message(history.records["regatta"][0], a_blog(), "e1", PlainMarkup())


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
    assert prepared.deflated_frame(short) is short
    noise = prepared.text_frame("".join(random.Random(7).choices([chr(n) for n in range(256, 55_000, 7)], k=400)))
    assert len(prepared.deflated_frame(noise)) <= len(noise)


async def compressed(at: HubServer, offer: ClientPerMessageDeflateFactory, cursor: object = None) -> ClientConnection:
    """A client that offers this."""
    return await at.connect(cursor, extensions=[offer])


async def test_clients_with_and_without_get_the_same_and_compressed_ones_fewer_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = HistoryInMemory()
    squeezed: list[bytes] = []
    deflate = prepared.deflate

    def counted(data: bytes) -> bytes:
        squeezed.append(data)
        return deflate(data)

    monkeypatch.setattr(prepared, "deflate", counted)
    async with hub_server(history) as at, at.connect() as plain:
        readers = [await compressed(at, ClientPerMessageDeflateFactory()) for _ in range(5)]
        for reader in readers:
            assert reader.protocol.extensions[0].remote_no_context_takeover  # type: ignore[attr-defined]
            assert reader.protocol.extensions[0].local_no_context_takeover  # type: ignore[attr-defined]
        everybody = [plain, *readers]
        for reader in everybody:
            await receive(reader)
        for post in "abc":
            history.publish(post, body=LONG + post)
            told = [await receive(reader) for reader in everybody]
            assert all(message == told[0] for message in told)
        assert len(squeezed) == 3  # one for each change, none for each reader
        back = await compressed(at, ClientPerMessageDeflateFactory(), "e1.0")
        assert [(await receive(back))["cursor"] for _ in range(4)] == ["e1.0", "e1.1", "e1.2", "e1.3"]
        assert len(squeezed) == 3
        for reader in [*readers, back]:
            await reader.close()


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ),
        ("permessage-deflate; server_max_window_bits=10", None),
        (
            "permessage-deflate; server_max_window_bits=10, permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ),
        ("permessage-bzip2", None),
    ],
)
async def test_what_is_agreed_on(offer: str, answer: str | None) -> None:
    async with hub_server(HistoryInMemory()) as at, raw(at, f"Sec-WebSocket-Extensions: {offer}") as client:
        named = [line for line in client.answer.decode().split("\r\n") if line.startswith("Sec-WebSocket-Extensions")]
        assert named == ([f"Sec-WebSocket-Extensions: {answer}"] if answer else [])


async def test_it_can_be_switched_off() -> None:
    async with hub_server(HistoryInMemory(), compress=False) as at:
        reader = await compressed(at, ClientPerMessageDeflateFactory())
        assert reader.protocol.extensions == []
        await reader.close()


async def test_clients_may_compress_too_and_a_bomb_is_too_large() -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate"
    async with hub_server(HistoryInMemory()) as at:
        async with raw(at, offer) as client:
            client.send(frame(1, prepared.deflate(b"hello").removesuffix(b"\x00\x00\xff\xff"), reserved=4))
            client.send(frame(9, b"still there"))
            assert await client.receive() == (10, b"still there")
            client.send(close(1000))
            assert await client.closing() == 1000
        async with raw(at, offer) as client:
            client.send(frame(1, prepared.deflate(b"\x20" * 1_000_000).removesuffix(b"\x00\x00\xff\xff"), reserved=4))
            assert await client.closing() == 1009
        async with raw(at, offer) as client:
            client.send(frame(1, b"\xff\xff\xff no deflate", reserved=4))
            assert await client.closing() == 1002


# Event streams


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
            sent += stream.say(part)
        else:
            message = a_message(part)
            plain += message.event(Form.JSON)
            sent += stream.tell(message, Form.JSON)
    if plain:
        assert gzip.decompress(sent + stream.end()) == plain


def test_stored_blocks_may_be_long() -> None:
    stream = Gzip()
    assert gzip.decompress(stream.say(b"x" * 200_000) + stream.end()) == b"x" * 200_000


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("gzip, deflate, br", Gzip), ("br", Identity), ("", Identity), ("gzip;q=0", Identity), ("br, GZIP; q=0.5", Gzip)],
)
def test_gzip_is_for_those_who_accept_it(accepted: str, chosen: type) -> None:
    assert type(encoding(accepted)) is chosen


def test_the_deflated_event_is_made_once() -> None:
    message = a_message(LONG)
    assert message.deflated_event(Form.JSON) is message.deflated_event(Form.JSON)
    assert len(message.deflated_event(Form.JSON)) < len(message.event(Form.JSON)) / 2
