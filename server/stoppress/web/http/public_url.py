"""The address at which readers reach this server: STOPPRESS_PUBLIC_URL, or else the scheme and host of each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stoppress.settings import Settings


def configured_origin(settings: Settings) -> str | None:
    """The address in STOPPRESS_PUBLIC_URL, without a trailing slash; None when it is not set."""
    return settings.public_url.rstrip("/") if settings.public_url else None


def request_origin(scope: Mapping[str, Any], host: bytes | None) -> str:
    """The address that a request names, such as `https://live.example.org`.

    `scope` is its ASGI scope, and `host` the value of its only `Host`. Without one, the address is that of this server.
    """
    if not host:
        name, port = scope.get("server") or ("localhost", None)
        named = f"[{name}]" if ":" in name else name
        host = (f"{named}:{port}" if port else named).encode()
    below: str = scope.get("app_root_path", scope.get("root_path", ""))
    return f"{scope['scheme']}://{host.decode('latin-1')}{below}".rstrip("/")
