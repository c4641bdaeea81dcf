"""Which address a reader behind proxies has."""

from __future__ import annotations

import pytest

from stoppress.hub.client_address import Proxies


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("127.0.0.1", "192.0.2.7", ["203.0.113.9"], "192.0.2.7"),
        ("127.0.0.1", "127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", ["forged, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", ["203.0.113.9, 198.51.100.4"], "198.51.100.4"),
        ("127.0.0.1, 198.51.100.0/24", "127.0.0.1", ["203.0.113.9", "198.51.100.4"], "203.0.113.9"),
        ("127.0.0.1", "::ffff:127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("::1", "::1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("127.0.0.1", "127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("*", "192.0.2.7", ["203.0.113.9, 198.51.100.4"], "203.0.113.9"),
        ("127.0.0.1", None, ["203.0.113.9"], None),
    ],
)
def test_the_address_is_the_last_that_no_trusted_proxy_has(
    trusted: str, peer: str | None, forwarded: list[str], address: str | None
) -> None:
    assert Proxies(trusted).address(peer, forwarded) == address
