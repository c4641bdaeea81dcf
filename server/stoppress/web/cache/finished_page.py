"""Finished pages and feeds: rendered and compressed once for each state of a blog, and sent to everyone who asks.

A finished page is valid for exactly one cursor of its blog. The blog's current cursor is read before each use
(freshness.py), so a page is never older than the request for it, in any process. When several requests need a page that
is not there yet, one of them makes it.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response

from stoppress.model import Cursor
from stoppress.web.http import cache_control
from stoppress.web.http.page_query import PageVariant

_OVERHEAD = 2_000  # bytes that a page takes in memory besides its bodies

Headers = dict[bytes, bytes]  # of a request, by name; of a repeated header the last value
Head = list[tuple[bytes, bytes]]


class Key(NamedTuple):
    """What a page depends on besides its blog's state: the path, the page that the query asks for, and the address of
    the server that it names, which comes from a setting or from the request."""

    path: str
    variant: PageVariant
    origin: str


class Form(NamedTuple):
    """One form of a finished page. `headers` are pairs for a Response; `head` is the same as bytes for the wire,
    with the status line and without the empty line at the end."""

    status: HTTPStatus
    headers: Head
    head: bytes
    body: bytes


def _form(status: HTTPStatus, headers: Head, body: bytes) -> Form:
    lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b"%s: %s" % pair for pair in headers)]
    return Form(status, headers, b"".join(b"%s\r\n" % line for line in lines), body)


class FinishedPage:
    """A page or feed of a blog at `cursor` in three forms: plain, gzipped, and the 304 for clients that have it."""

    __slots__ = ("_known", "_packed", "_plain", "_tag", "began", "blog", "current_at", "cursor", "route", "size")

    def __init__(
        self, route: str, blog: str, cursor: Cursor, text: str, headers: Mapping[str, str], *, began: float
    ) -> None:
        """Compress `text` and build all forms.

        `route` is the pattern of the path. `headers` are the headers for this kind of page, Content-Type included.
        `began` is a time (time.monotonic) before the page's content was read from the store. `current_at` is the last
        such time at which the page was known to be current.
        """
        self.route = route
        self.blog = blog
        self.cursor = cursor
        self.began = began
        self.current_at = began
        plain = text.encode()
        # Level 6: on HTML a higher level saves too little for the time it takes.
        packed = gzip.compress(plain, 6, mtime=0)
        self.size = len(plain) + len(packed) + _OVERHEAD
        # A weak validator: at a cursor the content is always the same, but its bytes differ with the encoding.
        self._tag = f'"{cursor}"'.encode()
        vary = ", ".join(("Accept-Encoding", *([headers["vary"]] if "vary" in headers else [])))
        common = {"cache-control": cache_control.PAGE, **headers, "etag": f'W/"{cursor}"', "vary": vary}
        known = [(name.encode(), value.encode()) for name, value in common.items()]
        length = b"content-length"
        gzipped = (b"content-encoding", b"gzip")
        self._known = _form(HTTPStatus.NOT_MODIFIED, known, b"")
        self._plain = _form(HTTPStatus.OK, [*known, (length, b"%d" % len(plain))], plain)
        self._packed = _form(HTTPStatus.OK, [*known, (length, b"%d" % len(packed)), gzipped], packed)

    def form(self, asked: Headers) -> Form:
        """The form for a request with these headers: 304 if its `If-None-Match` has the page's ETag (weak comparison:
        RFC 9110, 13.1.2), else gzipped or plain."""
        known = asked.get(b"if-none-match")
        # No cursor has a quotation mark, so the quoted cursor can only match a whole tag.
        if known and (self._tag in known or known.strip() == b"*"):
            return self._known
        return self._packed if b"gzip" in asked.get(b"accept-encoding", b"") else self._plain

    def response(self, asked: Headers) -> Response:
        """The form for a request with these headers, as a Starlette response."""
        form = self.form(asked)
        response = Response(form.body, form.status)
        response.raw_headers = [*form.headers, timing()]
        return response

    def stale_header(self) -> tuple[bytes, bytes]:
        """The header that says that the page may be outdated, and for how many seconds that has not been checked.

        See RFC 9211, 2.5: a negative time to live.
        """
        return b"cache-status", b"stoppress; hit; ttl=-%d" % (time.monotonic() - self.current_at)

    def stale_response(self, asked: Headers) -> Response:
        """`response`, for when nobody knows whether the page is still current."""
        response = self.response(asked)
        response.raw_headers.append(self.stale_header())
        return response


def timing() -> tuple[bytes, bytes]:
    """The Server-Timing header with the current time in ms since 1970: the clocks of devices are often wrong."""
    return b"server-timing", b"now;dur=%d" % (time.time() * 1000)
