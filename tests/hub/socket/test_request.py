"""What a request for a WebSocket asks for: read, admitted and counted, whichever server parsed it."""

from __future__ import annotations

import pytest

from stoppress.errors import Invalid
from stoppress.hub.socket.handshake import UnknownSubprotocol
from stoppress.hub.socket.request import refusal_headers, wrong_subprotocol


def test_an_unknown_subprotocol_is_named_as_a_parameter() -> None:
    error = wrong_subprotocol(UnknownSubprotocol("expected one of a, b, but got 'c'"))
    assert isinstance(error, Invalid) and error.status == 400
    assert [(wrong.pointer, wrong.detail) for wrong in error.errors] == [
        ("Sec-WebSocket-Protocol", "expected one of a, b, but got 'c'")
    ]


@pytest.mark.parametrize(
    ("status", "names"),
    [(400, ["sec-websocket-version"]), (404, []), (405, ["allow"]), (503, [])],
)
def test_a_refusal_says_what_the_client_should_have_sent(status: int, names: list[str]) -> None:
    assert list(refusal_headers(status)) == names


def test_a_request_without_upgrade_is_told_to_upgrade() -> None:
    assert refusal_headers(426) == {
        "sec-websocket-version": "13",
        "upgrade": "websocket",
        "connection": "upgrade, close",
    }
