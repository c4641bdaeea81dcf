"""What RFC 6455 asks of a server whatever its client does: the right close code, no traceback, never stuck."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from websockets.frames import Frame, Opcode

from hub.echo import Echo
from hub.frames import close, frame, raw
from hub.history import HistoryInMemory
from hub.serving import hub_server
from stoppress.hub.client_budgets import FRAMES_MAX
from stoppress.hub.encoded_message import deflate
from stoppress.hub.socket.client_frames import ClientFrames
from stoppress.hub.socket.connection import PARSED_AT_ONCE

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("breach", "code"),
    [
        pytest.param(frame(1, b"hi", masked=False), 1002, id="unmasked"),
        pytest.param(frame(1, b"hi", reserved=4), 1002, id="rsv1 without an extension"),
        pytest.param(frame(1, b"hi", reserved=1), 1002, id="rsv3"),
        pytest.param(frame(3, b"hi"), 1002, id="reserved opcode"),
        pytest.param(frame(11), 1002, id="reserved control opcode"),
        pytest.param(frame(9, b"x", fin=False), 1002, id="fragmented ping"),
        pytest.param(frame(9, b"x" * 126), 1002, id="long ping"),
        pytest.param(frame(0, b"x"), 1002, id="continuation of nothing"),
        pytest.param(frame(1, b"x", fin=False) + frame(1, b"y"), 1002, id="message inside a message"),
        pytest.param(frame(1, b"\xff"), 1007, id="bad UTF-8"),
        pytest.param(frame(1, b"\xe2\x82", fin=False) + frame(0, b"x"), 1007, id="bad UTF-8 over fragments"),
        pytest.param(frame(1, b"\xe2\x82"), 1007, id="cut UTF-8"),
        pytest.param(frame(1, b"x" * 5_000), 1009, id="too large"),
        pytest.param(frame(2, length=2**40), 1009, id="much too large"),
        pytest.param((frame(1, b"x" * 2_000, fin=False) + frame(0, b"x" * 2_000, fin=False) * 2), 1009, id="too many"),
        pytest.param(frame(8, b"\x03"), 1002, id="close of one byte"),
        pytest.param(close(1005), 1002, id="close with 1005"),
        pytest.param(close(999), 1002, id="close with 999"),
        pytest.param(close(1000, b"\xff"), 1007, id="close with a bad reason"),
        pytest.param(frame(8), 1005, id="close without a code"),
        pytest.param(close(1000), 1000, id="close"),
        pytest.param(close(4321, b"lunch"), 4321, id="close with a code of its own"),
        pytest.param(frame(8) + frame(9) + b"\x00" * 5_000, 1005, id="noise after a close"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "byte by byte"])
async def test_each_breach_has_its_code(
    breach: bytes, code: int, at_once: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with hub_server(HistoryInMemory()) as at, raw(at) as client:
        if at_once:
            client.send(breach)
        else:
            for byte in breach[:64]:
                client.send(bytes([byte]))
                await asyncio.sleep(0)
            client.send(breach[64:])
        assert await client.closing() == code
        await at.until(lambda: at.hub.readers() == 0, "the reader is gone")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_pings_are_answered_also_within_a_message_and_messages_are_ignored() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, raw(at) as client:
        client.send(frame(1, b"hel", fin=False) + frame(9, b"one") + frame(0, b"lo") + frame(2, b"\xff") + frame(10))
        client.send(frame(1, "€".encode()[:1], fin=False) + frame(9, b"two") + frame(0, "€".encode()[1:]))
        assert [await client.receive(), await client.receive()] == [(10, b"one"), (10, b"two")]
        history.publish("a")
        opcode, payload = await client.receive()
        assert (opcode, json.loads(payload)["post"]["id"]) == (1, "a")
        client.send(close(1001))
        assert await client.closing() == 1001


@pytest.mark.parametrize("cut", range(1, 20))
def test_the_parser_is_let_go_exactly_between_messages(cut: int) -> None:
    whole = frame(1, b"ab", fin=False) + frame(0, b"cd")
    incoming = ClientFrames()
    assert incoming.idle
    incoming.receive(whole[:cut])
    assert incoming.idle == (cut >= len(whole))
    incoming.receive(whole[cut:])
    assert incoming.idle


def test_a_parser_that_has_closed_is_kept_to_ignore_what_still_comes() -> None:
    incoming = ClientFrames()
    assert incoming.receive(frame(8)) == [Frame(Opcode.CLOSE, b"").serialize(mask=False), b""]
    assert (incoming.over, incoming.idle) == (True, False)
    assert incoming.receive(frame(9)) == []


def test_what_extends_it_can_answer_messages_until_the_connection_closes() -> None:
    echo = Echo()
    assert echo.receive(frame(1, b"hel", fin=False) + frame(0, b"lo")) == [
        Frame(Opcode.TEXT, b"hello").serialize(mask=False)
    ]
    assert echo.receive(frame(2, b"\xff")) == [Frame(Opcode.BINARY, b"\xff").serialize(mask=False)]
    assert echo.receive(frame(1, b"last") + frame(8)) == [Frame(Opcode.CLOSE, b"").serialize(mask=False), b""]


async def test_clients_may_compress_too_and_a_bomb_is_too_large() -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate"
    async with hub_server(HistoryInMemory()) as at:
        async with raw(at, offer) as client:
            client.send(frame(1, deflate(b"hello").removesuffix(b"\x00\x00\xff\xff"), reserved=4))
            client.send(frame(9, b"still there"))
            assert await client.receive() == (10, b"still there")
            client.send(close(1000))
            assert await client.closing() == 1000
        async with raw(at, offer) as client:
            client.send(frame(1, deflate(b"\x20" * 1_000_000).removesuffix(b"\x00\x00\xff\xff"), reserved=4))
            assert await client.closing() == 1009
        async with raw(at, offer) as client:
            client.send(frame(1, b"\xff\xff\xff no deflate", reserved=4))
            assert await client.closing() == 1002


FLOODS = {
    "pings": frame(9, b"x"),
    "pongs": frame(10),
    "empty messages": frame(1),
    "fragments": frame(1, b"", fin=False) + frame(0, b"", fin=False) * 1_000,
}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("piece", [100, 1 << 20], ids=["in small reads", "in large reads"])
async def test_a_client_that_sends_too_much_is_refused_before_it_is_parsed(flood: str, piece: int) -> None:
    data = FLOODS[flood] * 2_000
    async with hub_server(HistoryInMemory()) as at, raw(at) as client, raw(at) as other:
        for start in range(0, 200_000, piece):
            client.send(data[start : start + piece])
        answers = 0
        while (received := await client.receive())[0] != 8:
            answers += 1
        assert int.from_bytes(received[1][:2]) == 1008
        assert answers <= FRAMES_MAX + PARSED_AT_ONCE // 6
        await at.until(lambda: at.hub.readers() == 1, "the reader is gone")
        assert at.metric("stoppress_connections_closed_total", reason="budget") == 1
        other.send(frame(9, b"still there"))
        assert await other.receive() == (10, b"still there")


async def test_a_client_that_is_being_closed_has_a_budget_too() -> None:
    history = HistoryInMemory()
    async with hub_server(history) as at, raw(at) as client:
        history.change(status="ended")
        while (received := await client.receive())[0] != 8:
            pass
        assert int.from_bytes(received[1][:2]) == 1000
        client.send(frame(9, b"x") * 30_000)
        await client.ended()
        await at.until(lambda: at.hub.readers() == 0, "the reader is gone")
        assert at.metric("stoppress_connections_closed_total", reason="budget") == 1
