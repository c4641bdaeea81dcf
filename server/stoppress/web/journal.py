"""The audit log's side of the API: each write by a token is noted with who, what and from where, refused ones too.

A note is written behind the answer, not before it: the change itself and its author are already in the post's history,
in the same step as the change, and a second wait for the disk would double what publishing costs. What is not yet
written is bounded; when that is full, answers wait.
"""

from __future__ import annotations

import asyncio
import logging
import re

from starlette.requests import Request
from starlette.responses import Response

from stoppress.auth import ANONYMOUS
from stoppress.errors import Unavailable
from stoppress.model import rfc3339
from stoppress.store.base import Act, Audit
from stoppress.web.answers import answer
from stoppress.web.asking import number, parameter
from stoppress.web.callers import caller
from stoppress.web.newsroom import Newsroom
from stoppress.web.operation import Endpoint, Operation, Parameter, limit_of
from stoppress.web.paging import dump_token, load_token

_log = logging.getLogger("stoppress.audit")
_WAITING = 10_000  # acts not yet written, at most
_AT_ONCE = 500
_SCANNED = 5_000  # entries looked at for one answer
_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)
LIMIT = 100


class Journal:
    """Writes acts down in the order they came, in the background."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self._waiting: asyncio.Queue[Act | None] = asyncio.Queue(_WAITING)
        self._stopping = False

    async def note(self, act: Act) -> None:
        """Have it written soon; waits while too much is waiting."""
        await self._waiting.put(act)

    async def run(self) -> None:
        """Write until `stop`."""
        while True:
            acts = [await self._waiting.get()]
            acts += [self._waiting.get_nowait() for _ in range(min(_AT_ONCE, self._waiting.qsize()))]
            await self._write([act for act in acts if act is not None])
            if None in acts:
                return

    async def stop(self) -> None:
        """Let `run` write what is left, and end. Not by a cancellation: redis-py may swallow one (store/log.py)."""
        self._stopping = True
        await self._waiting.put(None)

    async def _write(self, acts: list[Act]) -> None:
        pause = 0.1
        while acts:
            try:
                await self.audit.append(acts)
                return
            except Unavailable as error:
                if self._stopping:
                    _log.error("%d acts could not be written to the audit log: %s", len(acts), error)
                    return
                _log.warning("the audit log waits for the store: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)


def noted(operation: Operation, endpoint: Endpoint, newsroom: Newsroom) -> Endpoint:
    """The endpoint, with a note of each request that came with a token that counts."""

    async def run(request: Request) -> Response:
        response = await endpoint(request)
        who = getattr(request.state, "caller", ANONYMOUS)
        if who is not ANONYMOUS:
            path = request.url.path
            await newsroom.journal.note(
                Act(
                    at=newsroom.clock(),
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


class AuditRoutes:
    """`/v1/audit`."""

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom

    async def index(self, request: Request) -> Response:
        who = await caller(request, self._newsroom)
        blog = request.query_params.get("blog")
        who.require("admin", blog)
        limit = parameter(request, "limit", number(1, LIMIT), LIMIT)
        before = parameter(request, "page", _load_page, None)
        found: list[Act] = []
        scanned = 0
        while True:
            acts = await self._newsroom.journal.audit.latest(before=before, limit=LIMIT)
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
                parameters=(
                    Parameter("blog", "query", "Of this blog only."),
                    limit_of(LIMIT),
                    Parameter("page", "query", "The `next` of an earlier answer."),
                ),
                answers={200: {"$ref": "#/components/schemas/AuditList"}},
                problems=(401, 403, 422, 503),
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


def _load_page(given: str) -> str:
    place = load_token(given)
    if not _PLACE.fullmatch(place):
        raise ValueError("expected a page token of this log")
    return place
