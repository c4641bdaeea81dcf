"""Which web pages may read from this server, by their origin (RFC 6454).

One rule applies to sockets, event streams and everything else. A page may read if STOPPRESS_ORIGINS contains its origin
or `*`, or if it comes from this host. A request without `Origin` comes from an app, not from a page, and may always
read.

Origins are compared in normal form: scheme and host in lower case, the host in ASCII, no default port, no trailing
slash. So `https://News.example:443/` in the setting matches the page that a browser calls `https://news.example`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from stoppress.errors import Forbidden

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class Origins:
    """The origins whose pages may read here. `allowed` is a comma-separated list of origins, or `*`.

    Raises:
        ValueError: an entry is not an origin.
    """

    def __init__(self, allowed: str) -> None:
        names = [name.strip() for name in allowed.split(",") if name.strip()]
        self.any = "*" in names
        self._allowed = frozenset(parse_origin(name) for name in names if name != "*")

    def allow(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of `origin` may read. `host` is the request's own `Host`."""
        return origin is None or self.any or _normal(origin) in self._allowed or _same_host(origin, host)

    def check(self, origin: str | None, host: str | None) -> None:
        """Raises Forbidden unless a page of `origin` may read; see `allow`."""
        if not self.allow(origin, host):
            raise Forbidden(
                f"expected a page of an origin in STOPPRESS_ORIGINS, but got one of {(origin or '')[:200]!r}"
            )


def parse_origin(text: str) -> str:
    """An origin in normal form.

    Raises:
        ValueError: `text` is not an origin; the message holds the text.
    """
    if text == "null":  # a sandboxed page, or one from a file
        return text
    wrong = ValueError(
        f"expected origins such as https://news.example.org (a scheme and a host, without a path), comma-separated, "
        f"or *, but got {text[:200]!r}"
    )
    try:
        parts = urlsplit(text)
        scheme, port = parts.scheme.lower(), parts.port
        host = _ascii(parts.hostname or "")
    except ValueError as error:
        raise wrong from error
    if not _SCHEME.fullmatch(scheme) or "@" in parts.netloc or parts.path not in ("", "/"):
        raise wrong
    if parts.query or parts.fragment or text.endswith(("?", "#")) or "://" not in text:
        raise wrong
    if not host and scheme == "file":
        return "file://"
    if not _HOST.fullmatch(host):
        raise wrong
    return f"{scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS.get(scheme)) else f":{port}")


def _ascii(host: str) -> str:
    """The host as browsers send it: lower-case ASCII, with an IPv6 address in brackets. Raises ValueError."""
    if ":" in host:
        return f"[{host}]"
    return host if host.isascii() else host.encode("idna").decode()


@lru_cache(maxsize=1_024)
def _normal(origin: str) -> str | None:
    """The normal form of an `Origin` header. None if it is not an origin."""
    try:
        return parse_origin(origin)
    except ValueError:
        return None


@lru_cache(maxsize=1_024)
def _same_host(origin: str, host: str | None) -> bool:
    """Whether a page of `origin` comes from `host`. The schemes may differ, because a proxy may terminate TLS."""
    page, here = _normal(origin), _normal(f"{origin.partition(':')[0]}://{host}")
    return page is not None and page == here and page not in ("null", "file://")
