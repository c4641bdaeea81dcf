"""The class that handles HTTP/1.1 on a connection: uvicorn's, with what Stop Press does before ASGI."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.metrics import Metrics
from stoppress.web.cache.fast_path import AnswerTimes, FastPath
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.http.one_host import OneHost
from stoppress.web.http.takeover import LeavableConnection


def http_protocol(
    head_limit: int, page_cache: PageCache, metrics: Metrics, deadlines: ConnectionDeadlines
) -> type[HttpToolsProtocol]:
    """The class that uvicorn instantiates for each connection.

    It refuses heads of more than `head_limit` bytes or without exactly one host, closes connections at their
    `deadlines`, and answers from `page_cache` where it can. uvicorn instantiates it with arguments of its own, so these
    and the metrics are attributes of the class.
    """

    class HttpProtocol(FastPath, OneHost, LeavableConnection):
        pass

    HttpProtocol.head_limit, HttpProtocol.deadlines = head_limit, deadlines
    HttpProtocol.page_cache, HttpProtocol.times = page_cache, AnswerTimes(metrics)
    return HttpProtocol
