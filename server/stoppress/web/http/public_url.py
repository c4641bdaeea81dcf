"""The address at which readers reach this server: STOPPRESS_PUBLIC_URL, or else the scheme and host of each request."""

from __future__ import annotations

from starlette.requests import Request

from stoppress.settings import Settings


def configured_origin(settings: Settings) -> str | None:
    """The address in STOPPRESS_PUBLIC_URL, without a trailing slash; None when it is not set."""
    return settings.public_url.rstrip("/") if settings.public_url else None


def public_origin(request: Request, settings: Settings) -> str:
    """The address to use in links and feeds, without a trailing slash, such as `https://live.example.org`."""
    return configured_origin(settings) or str(request.base_url).rstrip("/")
