"""Wraps endpoints: counts requests, turns errors into responses, and joins the methods of a path into one route."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stoppress.errors import StopPressError
from stoppress.loop_watchdog import name_request
from stoppress.metrics import Metrics
from stoppress.web.http.path_ids import check_path_ids
from stoppress.web.http.response import problem_answer

Endpoint = Callable[[Request], Awaitable[Response]]
Endpoints = Mapping[str, Endpoint]  # by the operations' names (contract/operations)
ErrorPage = Callable[[Request, StopPressError], Response]

_log = logging.getLogger("stoppress.web")


def counted(
    endpoint: Endpoint, method: str, path: str, metrics: Metrics, error_page: ErrorPage | None = None
) -> Endpoint:
    """`endpoint`, with its requests counted and timed in `metrics`, and its errors turned into responses.

    `method` and `path` (the route's pattern) label the metric. An error becomes a problem (RFC 9457), or the page that
    `error_page` makes. The ids in the path are checked first (path_ids.py).
    """

    async def run(request: Request) -> Response:
        began = perf_counter()
        name_request(f"{method} {path}", request.scope["query_string"], request.headers.get("content-length"))
        status = 500
        try:
            check_path_ids(request)
            response = await endpoint(request)
            status = response.status_code
        except StopPressError as error:
            if error.status >= 500:
                _log.warning("%s %s: %s", method, path, error)
            response = error_page(request, error) if error_page else problem_answer(error)
            status = response.status_code
        finally:
            metrics.requests.labels(path, method, status).observe(perf_counter() - began)
        return response

    return run


def route(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    """One Starlette route for all methods of a path, so that a 405 lists every method that is allowed."""

    async def dispatch(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, dispatch, methods=list(endpoints))
