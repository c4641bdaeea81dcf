"""Checks the token and the query of a request before its endpoint runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.query_parameters import read_known, read_query
from stoppress.token_scopes import ANONYMOUS
from stoppress.web.authentication import caller
from stoppress.web.contract.operation import Operation
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.endpoint import Endpoint


def check_request(operation: Operation, endpoint: Endpoint, context: Dependencies) -> Endpoint:
    """`endpoint`, called only with a valid token, if the operation needs one, and a valid query.

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
        return await endpoint(request)

    return run
