"""All routes of the API and the pages, in one Starlette application."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from stoppress.errors import NotFound, StopPressError
from stoppress.web.api.audit import AuditRoutes
from stoppress.web.api.blogs import BlogRoutes
from stoppress.web.api.changes import ChangeRoutes
from stoppress.web.api.media import MediaRoutes
from stoppress.web.api.posts import PostRoutes
from stoppress.web.api.probes import ProbeRoutes
from stoppress.web.api.revisions import RevisionRoutes
from stoppress.web.audit_note import noted
from stoppress.web.contract.docs import DocsRoutes
from stoppress.web.contract.docs_files import docs_files
from stoppress.web.contract.operations import OPERATIONS
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cors import Cors, add_cors
from stoppress.web.http.endpoint import Endpoint, Endpoints, counted, route
from stoppress.web.http.one_host import OneHostOnly
from stoppress.web.http.request import wants_page
from stoppress.web.http.response import problem_answer
from stoppress.web.http.token_rate_limit import with_quota
from stoppress.web.pages.assets import Assets
from stoppress.web.pages.blog import BlogPageRoutes, error_page
from stoppress.web.pages.feeds import FeedRoutes
from stoppress.web.pages.index import IndexRoutes
from stoppress.web.pages.robots import RobotsRoutes
from stoppress.web.request_checks import check_request
from stoppress.web.roles import misdirected, serves

_log = logging.getLogger("stoppress.web")


def endpoints(context: Dependencies) -> Endpoints:
    """The endpoints of all operations that web serves, by the operation's name. The hub serves the rest."""
    parts = (
        BlogRoutes(context),
        PostRoutes(context),
        RevisionRoutes(context),
        ChangeRoutes(context),
        MediaRoutes(context),
        AuditRoutes(context),
        BlogPageRoutes(context),
        FeedRoutes(context),
        IndexRoutes(context),
        ProbeRoutes(context),
        RobotsRoutes(),
        DocsRoutes(context.settings),
    )
    return {name: endpoint for part in parts for name, endpoint in part.endpoints().items()}


def site(
    context: Dependencies,
    *,
    client: Assets,
    pictures: Path,
    live: Sequence[BaseRoute],
) -> Starlette:
    """The application with all routes.

    `client` has the modules and styles that pages load, `pictures` is the folder of the demo's pictures, and `live`
    are the hub's own routes.
    """
    for_readers = error_page(context.markup, context.settings)

    def for_browsers(request: Request, error: StopPressError) -> Response:
        """The error as a page for a browser, or as a problem for a tool."""
        return for_readers(request, error) if wants_page(request) else problem_answer(error)

    origins = context.page_cache.origins

    async def bug(request: Request, error: Exception) -> Response:
        """The response to an unexpected error, without its details. Starlette's caller logs the error."""
        response = problem_answer(StopPressError("an internal error occurred; it has been logged"))
        # Starlette sends this response outside all middleware, so the CORS headers are added here.
        add_cors(response.headers, origins, request.headers.get("origin"), request.headers.get("host"))
        return response

    known = endpoints(context)
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in OPERATIONS:
        if operation.by_hub:
            continue
        is_page = operation.media_type == "text/html" and operation.tag == "Readers"
        error_writer = for_readers if is_page else for_browsers if operation.page else None
        here = serves(context.settings.role, operation)
        endpoint = check_request(operation, known[operation.name], context) if here else misdirected(operation)
        endpoint = with_quota(counted(endpoint, operation.method, operation.path, context.metrics, error_writer))
        if here and operation.method != "GET":
            endpoint = noted(operation, endpoint, context)
        by_path.setdefault(operation.path, {})[operation.method] = endpoint
    docs = docs_files()
    routes: list[BaseRoute] = [
        *live,
        *(route(path, by_method) for path, by_method in by_path.items()),
        Mount(context.client_path, routes=[Route("/{name}", client.file)], name="client"),
        Mount("/client", routes=[Route("/embed.js", client.embed)]),
        Mount(docs.folder, routes=[Route("/{name}", docs.file)], name="docs"),
        Mount("/demo/", StaticFiles(directory=pictures), name="pictures"),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Cors, origins),
            Middleware(OneHostOnly),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5),
        ],
        exception_handlers={HTTPException: _http_error, Exception: bug},
    )


async def _http_error(request: Request, error: Exception) -> Response:
    """The response to a request that Starlette refuses: an unknown path, or a method that the path does not have."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem_answer(NotFound(f"there is nothing at {request.url.path[:200]!r}"))
    refusal = StopPressError(f"{request.method} {request.url.path[:200]}: {error.detail}")
    refusal.status, refusal.title = error.status_code, error.detail
    response = problem_answer(refusal)
    response.headers.update(error.headers or {})
    return response
