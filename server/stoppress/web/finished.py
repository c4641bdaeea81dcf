"""Pages and feeds as finished answers: made and compressed once for each state of a blog, and given to all who ask.

An answer is good for exactly one cursor of its blog. Whoever is given it has asked where the blog stands first
(heads.py): a page is never older than the request for it, on any process. Of those who want what is not there yet, one
makes it.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple
from weakref import WeakValueDictionary

from starlette.responses import Response

from stoppress.model import Cursor

_OVERHEAD = 2_000  # bytes that an answer takes besides its bodies
# A browser asks again at each load (304 if nothing changed); a CDN may answer a storm of them for two seconds, and go
# on for ten while it asks: the cursor in the page makes up for it.
_SHARED = "public, max-age=0, s-maxage=2, stale-while-revalidate=10"

Head = list[tuple[bytes, bytes]]


class Key(NamedTuple):
    """What an answer depends on besides its blog's state. `scheme` and `host` are those of the request, or empty where
    a setting says what the server's address is."""

    path: str
    query: bytes
    scheme: str
    host: bytes


class Asked(NamedTuple):
    """What of a request's headers an answer may depend on."""

    gzip: bool
    known: bytes  # If-None-Match
    host: bytes
    origin: bool  # whether a page of some origin asks

    @classmethod
    def by(cls, headers: Iterable[tuple[bytes, bytes]]) -> Asked:
        """Of the headers, as ASGI has them."""
        packed, known, host, origin = False, b"", b"", False
        for name, value in headers:
            if name == b"accept-encoding":
                packed = b"gzip" in value
            elif name == b"if-none-match":
                known = value
            elif name == b"host":
                host = value
            elif name == b"origin":
                origin = True
        return cls(packed, known, host, origin)


class Finished:
    """An answer, plain and gzipped, and its three heads: of either, and of the 304 for those who have it."""

    __slots__ = ("_known", "_packed", "_plain", "_tag", "began", "blog", "cursor", "packed", "plain", "route", "size")

    def __init__(
        self, route: str, blog: str, cursor: Cursor, text: str, headers: Mapping[str, str], *, began: float
    ) -> None:
        """`route` is the path's pattern, `headers` are those of this kind of answer, its type among them; `began` is
        a moment (time.monotonic) before the store was asked for what is in it."""
        self.route = route
        self.blog = blog
        self.cursor = cursor
        self.began = began
        self.plain = text.encode()
        # 6: what more a higher level saves on HTML is not worth its time.
        self.packed = gzip.compress(self.plain, 6, mtime=0)
        self.size = len(self.plain) + len(self.packed) + _OVERHEAD
        # What a blog shows at a cursor is always the same, but not byte for byte, compressed or not: a weak validator.
        self._tag = f'"{cursor}"'.encode()
        common = {**headers, "cache-control": _SHARED, "etag": f'W/"{cursor}"', "vary": "Accept-Encoding"}
        self._known = [(name.encode(), value.encode()) for name, value in common.items()]
        self._plain = [*self._known, (b"content-length", b"%d" % len(self.plain))]
        self._packed = [
            *self._known,
            (b"content-length", b"%d" % len(self.packed)),
            (b"content-encoding", b"gzip"),
        ]

    def answer(self, asked: Asked) -> tuple[int, Head, bytes]:
        """Status, headers and body: 304 if the caller has it (RFC 9110, 13.1.2: by weak comparison).

        It says what time it is: devices' clocks are often wrong.
        """
        now = (b"server-timing", b"now;dur=%d" % (time.time() * 1000))
        # No cursor holds a quotation mark: what stands between two of them is a whole tag.
        if asked.known and (self._tag in asked.known or asked.known.strip() == b"*"):
            return 304, [*self._known, now], b""
        if asked.gzip:
            return 200, [*self._packed, now], self.packed
        return 200, [*self._plain, now], self.plain

    def response(self, asked: Asked) -> Response:
        """The same for a route of Starlette's."""
        status, head, body = self.answer(asked)
        response = Response(body, status)
        response.raw_headers = head
        return response


class FinishedAnswers:
    """The answers asked for last, of at most `limit` bytes in all; the one not asked for the longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Key, Finished] = OrderedDict()
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self.bytes = 0

    def get(self, key: Key) -> Finished | None:
        """What is kept, of whatever state."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def of(self, key: Key, cursor: Cursor, make: Callable[[], Awaitable[Finished]]) -> Finished:
        """The answer at `cursor`, or one whose making began after this call. Raises what `make` raises."""
        came = time.monotonic()
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            kept = self._kept.get(key)
            if kept is None or (kept.cursor != cursor and kept.began < came):
                kept = await make()
                self._keep(key, kept)
            return kept

    def _keep(self, key: Key, answer: Finished) -> None:
        self._drop(key)
        self._kept[key] = answer
        self.bytes += answer.size
        while self.bytes > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        answer = self._kept.pop(key, None)
        if answer is not None:
            self.bytes -= answer.size
