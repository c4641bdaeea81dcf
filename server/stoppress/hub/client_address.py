"""The address of a reader behind proxies.

A reader's address is the last one in X-Forwarded-For that is not a trusted proxy's. Everything before it comes from the
client, and may be forged.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache


class Proxies:
    """The proxies whose X-Forwarded-For is trusted: comma-separated addresses and networks, or `*` for all."""

    def __init__(self, trusted: str) -> None:
        names = [name.strip() for name in trusted.split(",") if name.strip()]
        self._all = "*" in names
        self._networks = [ipaddress.ip_network(name, strict=False) for name in names if name != "*"]

    def address(self, peer: str | None, forwarded: Iterable[str]) -> str | None:
        """The reader's address.

        `peer` is the connection's own; `forwarded` are the X-Forwarded-For headers, as received.
        """
        here = _address(peer or "")
        if here is None or not self._trusts(here):
            return peer
        hops = [_address(hop) for header in forwarded for hop in header.split(",")]
        for hop in reversed(hops):
            if hop is None:
                break
            here = hop
            if not self._trusts(hop):
                break
        return str(here)

    def _trusts(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return self._all or any(address in network for network in self._networks)


@lru_cache(maxsize=4_096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
