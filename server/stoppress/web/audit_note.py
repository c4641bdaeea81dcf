"""Adds an entry to the audit log for each write request with a valid token, including refused ones."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.store.base_audit_log import Act
from stoppress.token_scopes import ANONYMOUS
from stoppress.web.contract.operation import Operation
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.endpoint import Endpoint


def noted(operation: Operation, endpoint: Endpoint, context: Dependencies) -> Endpoint:
    """`endpoint`, which then adds an audit log entry for each request with a valid token."""

    async def run(request: Request) -> Response:
        response = await endpoint(request)
        who = getattr(request.state, "caller", ANONYMOUS)
        if who is not ANONYMOUS:
            path = request.url.path
            context.audit_writer.note(
                Act(
                    at=context.clock(),
                    token=who.id,
                    name=who.name,
                    address=request.client.host if request.client else "",
                    agent=request.headers.get("user-agent", "")[:200],
                    method=operation.method,
                    operation=operation.name,
                    target=response.headers.get("location", path)[:500],
                    blog=request.path_params.get("blog", _made(operation, response)),
                    status=response.status_code,
                )
            )
        return response

    return run


def _made(operation: Operation, response: Response) -> str | None:
    location = response.headers.get("location", "")
    return location.rpartition("/")[2] if operation.name == "createBlog" and location else None
