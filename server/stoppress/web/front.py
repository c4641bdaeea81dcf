"""What stands before the application: gives out finished answers, with nothing of Starlette's in between.

A page that is there and still good needs no routing, no middleware and no Response: the question where its blog stands
(heads.py), and two messages to the server. Everything else, a page that has to be made first among it, is the
application's.
"""

from __future__ import annotations

from time import perf_counter

from prometheus_client import Histogram
from starlette.types import ASGIApp, Receive, Scope, Send

from stoppress.errors import StopPressError
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.web.finished import Asked, FinishedAnswers, Key
from stoppress.web.heads import Heads

_PLACE = "/blogs/"
_HEAD = "stoppress.head"


class Pressroom:
    """Finished answers and where their blogs stand: what the front and the routes behind it share."""

    def __init__(self, answers: FinishedAnswers, heads: Heads, *, addressed: bool, any_origin: bool) -> None:
        """`addressed`: a setting says what the server's address is. `any_origin`: answers hold the headers by which
        pages of any origin may read them; else those headers are the application's to add."""
        self.answers = answers
        self.heads = heads
        self.any_origin = any_origin
        self._addressed = addressed

    def key(self, scope: Scope, asked: Asked) -> Key:
        """Under which an answer to this request is kept."""
        if self._addressed:
            return Key(scope["path"], scope["query_string"], "", b"")
        return Key(scope["path"], scope["query_string"], scope["scheme"], asked.host)

    async def head(self, scope: Scope, blog: str) -> Cursor | None:
        """Where the blog stands, as the front has found it or as it is now. Raises Unavailable."""
        found = scope.get(_HEAD, False)
        if isinstance(found, StopPressError):
            raise found
        return await self.heads.cursor(blog) if found is False else found


class Front:
    """The ASGI application that goes before another one."""

    def __init__(self, application: ASGIApp, pressroom: Pressroom, metrics: Metrics) -> None:
        self._application = application
        self._pressroom = pressroom
        self._requests = metrics.requests
        self._counts: dict[tuple[str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have it answered."""
        if (
            scope["type"] == "http"
            and scope["path"].startswith(_PLACE)
            and scope["method"] in ("GET", "HEAD")
            and await self._answered(scope, send)
        ):
            return
        await self._application(scope, receive, send)

    async def _answered(self, scope: Scope, send: Send) -> bool:
        began = perf_counter()
        pressroom = self._pressroom
        asked = Asked.by(scope["headers"])
        kept = pressroom.answers.get(pressroom.key(scope, asked))
        if kept is None or (asked.origin and not pressroom.any_origin):
            return False
        try:
            cursor = await pressroom.heads.cursor(kept.blog)
        except StopPressError as error:
            scope[_HEAD] = error  # to be answered where errors are
            return False
        if cursor != kept.cursor:
            scope[_HEAD] = cursor
            return False
        status, head, body = kept.answer(asked)
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})
        self._count(kept.route, status).observe(perf_counter() - began)
        return True

    def _count(self, route: str, status: int) -> Histogram:
        count = self._counts.get((route, status))
        if count is None:
            count = self._counts[route, status] = self._requests.labels(route, "GET", status)
        return count
