"""Pages and feeds as finished answers: made and compressed once for each state of a blog, and given to all who ask.

An answer is good for exactly one cursor of its blog. Whoever is given it has asked where the blog stands first
(freshness.py): a page is never older than the request for it, on any process. Of those who want what is not there yet,
one makes it.
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

_OVERHEAD = 2_000  # bytes that an answer takes besides its bodies

Headers = dict[bytes, bytes]  # a request's, by name; of one that came twice the last
Head = list[tuple[bytes, bytes]]
# What an answer depends on besides its blog's state: path, what the query asks for, and where a setting doesn't say
# what the server's address is, the request's scheme and host.
Key = tuple[str, PageVariant, str, bytes]


class Form(NamedTuple):
    """One form of an answer: as pairs for a Response, and its head as it goes over the wire, but for the empty line."""

    status: HTTPStatus
    headers: Head
    head: bytes
    body: bytes


def _form(status: HTTPStatus, headers: Head, body: bytes) -> Form:
    lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b"%s: %s" % pair for pair in headers)]
    return Form(status, headers, b"".join(b"%s\r\n" % line for line in lines), body)


class FinishedPage:
    """An answer of a blog's state at `cursor`: plain, gzipped, and the 304 for those who have it."""

    __slots__ = ("_known", "_packed", "_plain", "_tag", "began", "blog", "cursor", "route", "size")

    def __init__(
        self, route: str, blog: str, cursor: Cursor, text: str, headers: Mapping[str, str], *, began: float
    ) -> None:
        """`route` is the path's pattern, `headers` are those of this kind of answer, its type among them; `began` is
        a moment (time.monotonic) before the store was asked for what is in it."""
        self.route = route
        self.blog = blog
        self.cursor = cursor
        self.began = began
        plain = text.encode()
        # 6: what more a higher level saves on HTML is not worth its time.
        packed = gzip.compress(plain, 6, mtime=0)
        self.size = len(plain) + len(packed) + _OVERHEAD
        # What a blog shows at a cursor is always the same, but not byte for byte, compressed or not: a weak validator.
        self._tag = f'"{cursor}"'.encode()
        vary = ", ".join(("Accept-Encoding", *([headers["vary"]] if "vary" in headers else [])))
        common = {**headers, "cache-control": cache_control.PAGE, "etag": f'W/"{cursor}"', "vary": vary}
        known = [(name.encode(), value.encode()) for name, value in common.items()]
        length = b"content-length"
        gzipped = (b"content-encoding", b"gzip")
        self._known = _form(HTTPStatus.NOT_MODIFIED, known, b"")
        self._plain = _form(HTTPStatus.OK, [*known, (length, b"%d" % len(plain))], plain)
        self._packed = _form(HTTPStatus.OK, [*known, (length, b"%d" % len(packed)), gzipped], packed)

    def form(self, asked: Headers) -> Form:
        """The one for a request with these headers: 304 if the caller has it (RFC 9110, 13.1.2: by weak comparison)."""
        known = asked.get(b"if-none-match")
        # No cursor holds a quotation mark: what stands between two of them is a whole tag.
        if known and (self._tag in known or known.strip() == b"*"):
            return self._known
        return self._packed if b"gzip" in asked.get(b"accept-encoding", b"") else self._plain

    def response(self, asked: Headers) -> Response:
        """The same for a route of Starlette's."""
        form = self.form(asked)
        response = Response(form.body, form.status)
        response.raw_headers = [*form.headers, timing()]
        return response


def timing() -> tuple[bytes, bytes]:
    """A header that says what time it is: devices' clocks are often wrong."""
    return b"server-timing", b"now;dur=%d" % (time.time() * 1000)
