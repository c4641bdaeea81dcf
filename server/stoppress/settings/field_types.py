"""The types of settings: what a value may be, and the error that says so."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from stoppress.media_origins import MediaOrigins
from stoppress.origins import Origins

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _redis_url(text: str) -> str:
    # The errors don't show the text, because it may hold a password.
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("expected an address that begins with redis://, rediss:// or unix://")
    try:
        _ = urlsplit(text).port  # raises ValueError
    except ValueError:
        raise ValueError(
            "expected redis://USER:PASSWORD@HOST:PORT/NUMBER, but the host or the port can't be read; write special "
            "characters of the password percent-encoded, such as %2F for /"
        ) from None
    return text


def _origins(text: str) -> str:
    Origins(text)  # raises ValueError
    return text


def _media_origins(text: str) -> str:
    MediaOrigins(text)  # raises ValueError
    return text


def _proxies(text: str) -> str:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if "*" in names:
        return "*"
    return ",".join(map(_network, names))


def _network(name: str) -> str:
    """The address or network in the one form that each part of the server reads alike."""
    try:
        return str(ip_network(name, strict=False) if "/" in name else ip_address(name))
    except ValueError:
        raise ValueError(f"expected addresses, networks such as 10.0.0.0/8, or *, but got {name!r}") from None


RedisUrl = Annotated[str, AfterValidator(_redis_url)]
OriginList = Annotated[str, AfterValidator(_origins)]
MediaOriginList = Annotated[str, AfterValidator(_media_origins)]
ProxyList = Annotated[str, AfterValidator(_proxies)]
Count = Annotated[int, Field(ge=0)]
ProgramName = Annotated[str, Field(min_length=1)]
