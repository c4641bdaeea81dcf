"""Serves `/openapi.json`, `/asyncapi.json` and `/docs`, a page that shows both.

The page's program is Scalar (docs/decisions/0050). Everything that the page loads comes from this server, and its
Content-Security-Policy allows nothing else.
"""

from __future__ import annotations

from functools import cache, lru_cache

from starlette.requests import Request
from starlette.responses import Response

from stoppress.settings import Settings
from stoppress.web.contract.asyncapi import asyncapi
from stoppress.web.contract.docs_files import docs_files
from stoppress.web.contract.openapi import Limits, openapi
from stoppress.web.contract.operations import OPERATIONS
from stoppress.web.http.cache_control import DOCUMENTS
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.response import dump

# Scalar writes style sheets into the page, so inline styles are allowed. Inline scripts and eval are not.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CACHED = {"cache-control": DOCUMENTS}
_PAGE_HEADERS = {**_CACHED, "content-security-policy": _POLICY, "x-content-type-options": "nosniff"}


@lru_cache(maxsize=8)  # of limits: one in a server, some in tests
def _openapi_text(limits: Limits) -> bytes:
    return dump(openapi(OPERATIONS, limits))


@cache
def _asyncapi_text() -> bytes:
    return dump(asyncapi())


class DocsRoutes:
    """Serves the contract. Each document is made at start, and once for all applications with the same limits."""

    def __init__(self, settings: Settings) -> None:
        self._openapi = _openapi_text(Limits.of(settings))
        self._asyncapi = _asyncapi_text()

    async def openapi(self, request: Request) -> Response:
        return Response(self._openapi, headers=_CACHED, media_type="application/json")

    async def asyncapi(self, request: Request) -> Response:
        return Response(self._asyncapi, headers=_CACHED, media_type="application/json")

    async def docs(self, request: Request) -> Response:
        return Response(docs_files().page, headers=_PAGE_HEADERS, media_type="text/html")

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "openapi": self.openapi,
            "asyncapi": self.asyncapi,
            "docs": self.docs,
        }
