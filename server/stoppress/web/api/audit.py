"""The API's routes of the audit log, and the note that each write by a token leaves in it."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from stoppress.auth import ANONYMOUS
from stoppress.model import rfc3339
from stoppress.query import QueryParameter, number
from stoppress.store.base import Act
from stoppress.web.authentication import caller
from stoppress.web.context import Context
from stoppress.web.contract.operation import Endpoint, Operation
from stoppress.web.http.paging import PAGE, dump_token, load_token
from stoppress.web.http.request import query
from stoppress.web.http.response import answer

_SCANNED = 5_000  # entries looked at for one answer
_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)
LIMIT = 100
_LIMIT = number("limit", "How many.", 1, LIMIT, LIMIT)
_BLOG: QueryParameter[str | None] = QueryParameter("blog", "Of this blog only.", str, None, {"type": "string"})


def noted(operation: Operation, endpoint: Endpoint, context: Context) -> Endpoint:
    """The endpoint, with a note of each request that came with a token that counts."""

    async def run(request: Request) -> Response:
        response = await endpoint(request)
        who = getattr(request.state, "caller", ANONYMOUS)
        if who is not ANONYMOUS:
            path = request.url.path
            await context.audit_writer.note(
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


def _load_page(given: str) -> str:
    place = load_token(given)
    if not _PLACE.fullmatch(place):
        raise ValueError("expected a page token of this log")
    return place


_PAGE = replace(PAGE, read=_load_page)


class AuditRoutes:
    """`/v1/audit`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def index(self, request: Request) -> Response:
        who = await caller(request, self._context)
        asked = query(request)
        blog, limit, before = asked[_BLOG], asked[_LIMIT], asked[_PAGE]
        who.require("admin", blog)
        found: list[Act] = []
        scanned = 0
        while True:
            acts = await self._context.audit_writer.audit.latest(before=before, limit=LIMIT)
            for act in acts:
                before = act.id
                if blog in (None, act.blog) and (not who.blogs or act.blog in who.blogs):
                    found.append(act)
                    if len(found) == limit:
                        break
            scanned += len(acts)
            if len(acts) < LIMIT and len(found) < limit:
                before = None
            if before is None or len(found) == limit or scanned >= _SCANNED:
                break
        return answer({"entries": [_entry(act) for act in found], "next": before and dump_token(before)})

    def operations(self) -> list[Operation]:
        """What the OpenAPI document says of it."""
        return [
            Operation(
                "GET",
                "/v1/audit",
                "readAudit",
                "Who did what, from where",
                self.index,
                "Operations",
                scope="admin",
                parameters=(_BLOG, _LIMIT, _PAGE),
                answers={200: {"$ref": "#/components/schemas/AuditList"}},
                problems=(401, 403, 503),
                description="Every write by a token, refused ones too, the latest first. A token for some blogs sees "
                "those alone. An answer may have fewer entries than asked for, and yet a `next`.",
            )
        ]


def _entry(act: Act) -> dict[str, object]:
    return {
        "id": act.id,
        "at": rfc3339(act.at),
        "token": act.token,
        "name": act.name,
        "address": act.address,
        "agent": act.agent,
        "method": act.method,
        "operation": act.operation,
        "target": act.target,
        "blog": act.blog,
        "status": act.status,
    }
