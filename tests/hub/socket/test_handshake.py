"""The short way of a handshake leads to the same as the long one; and what is leant on is what we know."""

from __future__ import annotations

import importlib.metadata
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Request

from hub.frames import raw
from hub.history import HistoryInMemory
from hub.serving import hub_server
from stoppress.hub.encoded_message import frame_format
from stoppress.hub.socket.handshake import agreed, protocol, read_common_handshake
from stoppress.wire import Form

USUAL = {
    "host": "live.example.org",
    "connection": "keep-alive, Upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "stoppress.v1.html",
    "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
    "origin": "https://live.example.org",
}


def head(headers: dict[str, str], method: str = "GET") -> bytes:
    lines = [f"{method} /v1/blogs/regatta/socket?cursor=e1.4 HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def test_uvicorn_and_websockets_are_the_lines_that_upgrade_py_knows() -> None:
    assert importlib.metadata.version("uvicorn").startswith("0.54.")
    assert importlib.metadata.version("websockets").startswith("17.")
    source = inspect.getsource(HttpToolsProtocol.handle_websocket_upgrade)
    made, begun, handed, left = (
        source.index(step)
        for step in (
            "ws_protocol_class(",
            "connection_made(self.transport)",
            "data_received(",
            "set_protocol(protocol)",
        )
    )
    assert made < begun < handed < left


def test_the_usual_one_is_quick() -> None:
    asked = read_common_handshake(head(USUAL), compress=True)
    assert asked is not None
    assert (asked.target, asked.origin, asked.host) == (
        "/v1/blogs/regatta/socket?cursor=e1.4",
        "https://live.example.org",
        "live.example.org",
    )
    assert asked.frame_format is frame_format(Form.HTML, deflated=True)
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in asked.answer


_values = {
    "connection": st.sampled_from(["Upgrade", "keep-alive", "close, upgrade", ""]),
    "upgrade": st.sampled_from(["websocket", "WebSocket", "h2c", "websocket, h2c"]),
    "sec-websocket-key": st.sampled_from([USUAL["sec-websocket-key"], "x", "", "AAAAAAAAAAAAAAAAAAAAAA==", "=" * 24]),
    "sec-websocket-version": st.sampled_from(["13", "8", "13, 8"]),
    "sec-websocket-protocol": st.sampled_from(["stoppress.v1.json", "chat, stoppress.v1.html", "chat", ""]),
    "sec-websocket-extensions": st.sampled_from(
        ["permessage-deflate", "permessage-deflate; server_max_window_bits=9", "x", "permessage-deflate;;", ""]
    ),
}


@given(st.fixed_dictionaries({}, optional=_values), st.sampled_from(["GET", "POST"]), st.booleans())
def test_whatever_goes_the_short_way_is_answered_as_by_the_long_one(
    changed: dict[str, str], method: str, compress: bool
) -> None:
    headers = USUAL | changed
    asked = read_common_handshake(head(headers, method), compress=compress)
    handshake = protocol(compress=compress)
    handshake.receive_data(head(headers, method))
    events = handshake.events_received()
    if asked is None:
        if events and isinstance(events[0], Request) and "=" * 24 != headers["sec-websocket-key"]:
            assert handshake.accept(events[0]).status_code != 101
        return
    assert isinstance(events[0], Request)
    response = handshake.accept(events[0])
    assert response.status_code == 101
    del response.headers["Date"]
    assert sorted(asked.answer.split(b"\r\n")) == sorted(response.serialize().split(b"\r\n"))
    assert asked.frame_format is agreed(handshake)


@pytest.mark.parametrize(
    "odd",
    [
        head(USUAL).replace(b"upgrade: websocket\r\n", b"upgrade: websocket\r\nupgrade: websocket\r\n"),
        head(USUAL | {"x-noise": "n" * 10_000}),
    ],
    ids=["a header twice", "long"],
)
def test_what_is_unusual_goes_the_long_way(odd: bytes) -> None:
    assert read_common_handshake(odd, compress=True) is None


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
@pytest.mark.anyio
async def test_what_is_agreed_on(offer: str, answer: str | None) -> None:
    async with hub_server(HistoryInMemory()) as at, raw(at, f"Sec-WebSocket-Extensions: {offer}") as client:
        named = [line for line in client.answer.decode().split("\r\n") if line.startswith("Sec-WebSocket-Extensions")]
        assert named == ([f"Sec-WebSocket-Extensions: {answer}"] if answer else [])


@pytest.mark.anyio
async def test_it_can_be_switched_off() -> None:
    async with hub_server(HistoryInMemory(), compress=False) as at:
        reader = await at.connect(extensions=[ClientPerMessageDeflateFactory()])
        assert reader.protocol.extensions == []
        await reader.close()
