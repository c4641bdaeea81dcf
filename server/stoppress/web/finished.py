"""Pages as finished bytes: made and compressed once for each state of a blog, and given to everybody who asks.

Before a finished page is given out, the store is asked where the blog stands: a page is never older than the request
for it, on any process. Of those who ask at the same time one asks for all (Heads): that is what a storm costs.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from stoppress.store.base import BlogState

_OVERHEAD = 500  # bytes that an entry takes besides its content


@dataclass(frozen=True, slots=True)
class Finished:
    """A page, plain and gzipped, with the validator of exactly this content."""

    tag: str
    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, tag: str, text: str) -> Finished:
        """Compress it. 6: what more a higher level saves on HTML is not worth its time."""
        plain = text.encode()
        return cls(tag, plain, gzip.compress(plain, 6, mtime=0))


class FinishedPages:
    """The pages asked for last, of at most `limit` bytes in all; the one not asked for the longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pages: OrderedDict[tuple[str, str], Finished] = OrderedDict()
        self.bytes = 0

    def get(self, blog: str, variant: str, tag: str) -> Finished | None:
        """The page, if it is that of this tag."""
        page = self._pages.get((blog, variant))
        if page is None or page.tag != tag:
            return None
        self._pages.move_to_end((blog, variant))
        return page

    def put(self, blog: str, variant: str, page: Finished) -> None:
        """Keep it, in place of an older state of the same variant."""
        self._drop((blog, variant))
        self._pages[blog, variant] = page
        self.bytes += _size(page)
        while self.bytes > self._limit:
            self._drop(next(iter(self._pages)))

    def _drop(self, key: tuple[str, str]) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self.bytes -= _size(page)


def _size(page: Finished) -> int:
    return len(page.plain) + len(page.packed) + _OVERHEAD


class _Check:
    """Of one blog: how many checks have begun, and what the last one found."""

    __slots__ = ("begun", "ended", "found", "turn", "waiting")

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.waiting = 0
        self.turn = asyncio.Lock()
        self.found: BlogState | None = None


class Heads:
    """Where blogs stand. Whoever asks gets an answer that the store was asked for after they came."""

    def __init__(self, read: Callable[[str], Awaitable[BlogState]]) -> None:
        self._read = read
        self._checks: dict[str, _Check] = {}

    async def read(self, blog: str) -> BlogState:
        """Raises what `read` raises."""
        check = self._checks.setdefault(blog, _Check())
        came = check.begun
        check.waiting += 1
        try:
            async with check.turn:
                if check.found is None or check.ended <= came:
                    check.begun += 1
                    check.found = None
                    check.found = await self._read(blog)
                    check.ended = check.begun
                return check.found
        finally:
            check.waiting -= 1
            if not check.waiting:
                self._checks.pop(blog, None)
