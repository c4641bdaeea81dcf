"""Which `Host` a request may have (RFC 9112, 3.2; RFC 9110, 7.2).

Pages and feeds name their own address, by default the one in `Host`, and are cached by it. If a request had two hosts
and one part of the server believed the first and another part the second, a cached page could name somebody else's
address to everybody. So a request has at most one, and in HTTP/1.1 exactly one. Health checks in HTTP/1.0 often have
none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from stoppress.errors import Invalid, ParameterError

# uri-host and port (RFC 3986, 3.2.2): an IP literal, or a registered name, which may be empty.
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]*)?")
_SHOWN = 80  # bytes of a wrong value in an error


@lru_cache(maxsize=256)  # all readers name the same few
def is_host(value: bytes) -> bool:
    """Whether `value` is a host, with or without a port."""
    return _HOST.fullmatch(value) is not None


def check_host(http_version: str, hosts: Sequence[bytes]) -> None:
    """Check the values of all `Host` headers of a request.

    `http_version` is "1.0", "1.1", "2" or the like.

    Raises:
        Invalid: 400, because there are several, or none in HTTP/1.1, or because it is not a host.
    """
    if len(hosts) > 1 or (not hosts and http_version == "1.1"):
        raise wrong_host(f"expected exactly one Host header, but got {len(hosts)}")
    for host in hosts:
        if not is_host(host):
            raise wrong_host(f"expected a host such as live.example.org:8000, but got {ascii(host)[2:-1][:_SHOWN]!r}")


def wrong_host(detail: str) -> Invalid:
    """The error for a wrong `Host`, with status 400."""
    return Invalid(f"Host: {detail}", [ParameterError("Host", detail)], status=400)
