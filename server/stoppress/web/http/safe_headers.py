"""Headers that keep a browser from misusing a response: from guessing its type, and from showing it in a frame.

A response that has its own stays as it is: pages of blogs may be framed by any site.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders

NO_SNIFF = {"x-content-type-options": "nosniff"}
NO_FRAMES = {"content-security-policy": "frame-ancestors 'none'"}


def add_safe_headers(headers: MutableHeaders) -> None:
    """Add `X-Content-Type-Options` and a `Content-Security-Policy` to a response's headers, unless it has them."""
    for name, value in {**NO_SNIFF, **NO_FRAMES}.items():
        headers.setdefault(name, value)
