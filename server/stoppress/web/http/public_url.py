"""The address at which readers reach this server: STOPPRESS_PUBLIC_URL, or what each request says."""

from __future__ import annotations

from starlette.requests import Request

from stoppress.settings import Settings


def configured_origin(settings: Settings) -> str | None:
    """The address that the setting names, without a slash at its end; None when each request says it."""
    return settings.public_url.rstrip("/") if settings.public_url else None


def public_origin(request: Request, settings: Settings) -> str:
    """The address to write into links and feeds, without a slash at its end, such as `https://live.example.org`."""
    return configured_origin(settings) or str(request.base_url).rstrip("/")
