"""Checks the token and the query of a request before its endpoint runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.query_parameters import read_known, read_query
from stoppress.token_scopes import ANONYMOUS
from stoppress.web.authentication import caller
from stoppress.web.blog_access import check_access, is_private
from stoppress.web.contract.operation import Operation
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import NO_STORE
from stoppress.web.http.endpoint import Endpoint


def check_request(operation: Operation, endpoint: Endpoint, context: Dependencies) -> Endpoint:
    """`endpoint`, called only with a valid token, if the operation needs one, a valid query, and a blog to see.

    query_parameters.py parses the query: strictly for the API, tolerantly for pages. The token is checked first. A
    refused write is thus in the audit log, and a caller without a token learns nothing else about the request.
    """
    read, declared = read_query if operation.strict else read_known, operation.query

    async def run(request: Request) -> Response:
        if operation.scope is not None:
            who = await caller(request, context)
            if who is ANONYMOUS:
                who.require(operation.scope)
        request.state.query = read(request.scope["query_string"], declared)
        await check_access(request, operation, context)
        response = await endpoint(request)
        if is_private(request):
            response.headers["cache-control"] = NO_STORE["cache-control"]
            response.headers["x-robots-tag"] = "noindex"
        return response

    return run
