"""The API's endpoint for the audit log."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.model import rfc3339
from stoppress.store.base_audit_log import Act
from stoppress.web.authentication import caller
from stoppress.web.contract.operations.audit import BLOG, LIMIT, PAGE
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.paging import dump_token
from stoppress.web.http.request import query
from stoppress.web.http.response import answer

_AT_ONCE = 100  # entries to read from the store at a time
_SCANNED = 5_000  # entries to scan for one response, at most


class AuditRoutes:
    """Serves the audit log at `/v1/audit`."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context

    async def index(self, request: Request) -> Response:
        who = await caller(request, self._context)
        asked = query(request)
        blog, limit, before = asked[BLOG], asked[LIMIT], asked[PAGE]
        who.require("admin", blog)
        found: list[Act] = []
        scanned = 0
        while True:
            acts = await self._context.audit_writer.audit.latest(before=before, limit=_AT_ONCE)
            for act in acts:
                before = act.id
                if blog in (None, act.blog) and (not who.blogs or act.blog in who.blogs):
                    found.append(act)
                    if len(found) == limit:
                        break
            scanned += len(acts)
            if len(acts) < _AT_ONCE and len(found) < limit:
                before = None
            if before is None or len(found) == limit or scanned >= _SCANNED:
                break
        return answer({"entries": [_entry(act) for act in found], "next": before and dump_token(before)})

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "readAudit": self.index,
        }


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
