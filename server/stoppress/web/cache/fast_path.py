"""Sends cached pages before ASGI: one write of finished bytes, without calling the application.

A cached page that is still current needs no task, no middleware, no routing and no Response. It needs only the current
cursor of its blog (freshness.py) and one write. All other requests go through ASGI, also those for pages that have to
be rendered first.

uvicorn (0.54, httptools_impl) calls `_start_asgi_task` for one request after the other, with the RequestResponseCycle
that records the progress of its response. FastPath completes the cycle as the application would: it sets the flags,
writes the access log, and calls `on_response`, which takes the next request of the connection.
tests/web/cache/test_fast_path.py checks that.
"""

from __future__ import annotations

from functools import partial
from time import monotonic, perf_counter
from typing import ClassVar

from prometheus_client import Histogram
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from stoppress.metrics import Metrics
from stoppress.web.cache.finished_page import FinishedPage, Headers, timing
from stoppress.web.cache.freshness import Outcome
from stoppress.web.cache.page_cache import BELOW, PageCache

_METHODS = ("GET", "HEAD")


class AnswerTimes:
    """The metric of answered requests. It looks up each set of labels once, because that costs more than counting."""

    def __init__(self, metrics: Metrics) -> None:
        self._requests = metrics.requests
        self._known: dict[tuple[str, int], Histogram] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count a response to a GET or HEAD of the route, and the `seconds` it took."""
        found = self._known.get((route, status))
        if found is None:
            found = self._known[route, status] = self._requests.labels(route, "GET", status)
        found.observe(seconds)


class FastPath(HttpToolsProtocol):
    """uvicorn's HTTP class, which also answers from the cache of finished pages.

    A subclass sets the cache and the metric (web/uvicorn_protocol.py).
    """

    page_cache: ClassVar[PageCache]
    times: ClassVar[AnswerTimes]

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        scope = cycle.scope
        if (
            not scope["path"].startswith(BELOW)
            or scope["method"] not in _METHODS
            # A slow client: the application waits until its socket drains.
            or self.flow.write_paused
        ):
            super()._start_asgi_task(cycle, app)
            return
        page_cache = self.page_cache
        asked: Headers = dict(scope["headers"])
        # The header counts only from a trusted proxy, which is checked on the way through ASGI.
        forwarded = b"x-forwarded-proto" in asked and not page_cache.public_url
        foreign = b"origin" in asked and not page_cache.origins.any
        key = None if forwarded or foreign else page_cache.key(scope, asked)
        kept = None if key is None else page_cache.answers.get(key)
        if kept is None:
            super()._start_asgi_task(cycle, app)
            return
        page_cache.freshness.ask(kept.blog, partial(self._answer_if_fresh, cycle, app, kept, asked, perf_counter()))

    def _answer_if_fresh(
        self,
        cycle: RequestResponseCycle,
        app: ASGI3Application,
        kept: FinishedPage,
        asked: Headers,
        began: float,
        outcome: Outcome,
    ) -> None:
        if cycle.disconnected:
            return
        stale = self.page_cache.may_serve(kept, outcome)
        if outcome != kept.cursor and not stale:
            super()._start_asgi_task(cycle, app)
            return
        headers = [*self.server_state.default_headers, timing()]
        if stale:
            self.page_cache.count_stale()
            headers.append(kept.stale_header())
        else:
            kept.current_at = monotonic()
        form = kept.form(asked)
        more = b"".join([b"%s: %s\r\n" % pair for pair in headers])
        end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        body = b"" if cycle.scope["method"] == "HEAD" else form.body
        self.transport.writelines((form.head, more, end, body))
        if cycle.access_log:
            cycle.access_logger.info(
                '%s - "%s %s HTTP/%s" %d',
                get_client_addr(cycle.scope),
                cycle.scope["method"],
                get_path_with_query_string(cycle.scope),
                cycle.scope["http_version"],
                form.status,
            )
        self.times.observe(kept.route, form.status.value, perf_counter() - began)
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
