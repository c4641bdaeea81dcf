"""The servers, besides this one, from which the pictures of posts may come. No I/O.

A reader's browser loads a picture from the server that its address names, which learns the reader's address. So a
newsroom can limit those servers (STOPPRESS_MEDIA_ORIGINS). One rule applies to what editors send and, as a
Content-Security-Policy, to what pages load. Pictures elsewhere are always loaded over https.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from stoppress.origins import parse_origin


class MediaOrigins:
    """The servers that pictures may come from.

    `allowed` is a comma-separated list of https origins, `*` for any, or empty for this server alone. `public_url` is
    this server's own address, if it is known: pictures there are never elsewhere.

    Raises:
        ValueError: an entry of `allowed` is not an https origin.
    """

    def __init__(self, allowed: str = "*", public_url: str | None = None) -> None:
        names = [name.strip() for name in allowed.split(",") if name.strip()]
        self._any = "*" in names
        self._allowed = {_https_origin(name) for name in names if name != "*"}
        self._own = _origin(public_url) if public_url else None

    @property
    def policy(self) -> str:
        """The sources for `img-src` in a Content-Security-Policy, except for this server itself."""
        own = [self._own] if self._own else []
        return " ".join(["https:"] if self._any else sorted([*self._allowed, *own]))

    def refusal(self, url: str) -> str | None:
        """Why a picture may not come from this address; None if it may. A path is on this server."""
        url = url.strip().replace("\\", "/")  # as browsers read it
        if url.startswith("//"):
            url = f"https:{url}"
        try:
            elsewhere = bool(urlsplit(url).scheme)
        except ValueError:
            return f"expected the address of a picture, but got {url[:80]!r}"
        if not elsewhere:
            return None
        origin = _origin(url)
        if origin is not None and origin == self._own:
            return None
        if origin is None or not origin.startswith("https://"):
            return f"expected a picture on this server or at an https address, but got {url[:80]!r}"
        if self._any or origin in self._allowed:
            return None
        return f"expected a picture on this server or at an origin in STOPPRESS_MEDIA_ORIGINS, but got {url[:80]!r}"


def _https_origin(name: str) -> str:
    origin = parse_origin(name)
    if not origin.startswith("https://"):
        raise ValueError(f"expected https origins such as https://pictures.example.org, or *, but got {name[:200]!r}")
    return origin


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        return parse_origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return None
