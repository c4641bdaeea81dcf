"""Polling: answers with the socket's messages by plain HTTP, for clients that can't keep a connection open, and for
caches."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress import wire
from stoppress.errors import NotFound
from stoppress.model import Cursor, as_of
from stoppress.query_parameters import FORM
from stoppress.resume import Continue, History, Reset, resume
from stoppress.web.blog_access import is_private
from stoppress.web.contract.operations.changes import AFTER, LIMIT
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import CHANGES
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.request import query
from stoppress.web.http.response import cursor_tag


class ChangeRoutes:
    """Serves `/v1/blogs/{blog}/changes`: the changes after a cursor, compacted."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context

    async def read(self, request: Request) -> Response:
        blog = request.path_params["blog"]
        asked = query(request)
        after, limit, form = asked[AFTER], asked[LIMIT], asked[FORM]
        state = await self._context.blogs.read(blog)
        head, status = state.cursor, state.blog.status
        messages: list[str] = []
        more = False
        match resume(after, History(head)):
            case Reset(reason=reason):
                messages = [wire.reset(head, reason)]
            case Continue():
                assert after is not None
                since = await self._context.store.since(blog, after.sequence, limit=limit)
                # The blog may have been deleted, or have become private, since the request was let in.
                hidden = since is not None and since.blog.private and not is_private(request)
                if since is None or hidden or since.head.epoch != head.epoch:
                    raise NotFound(f"there is no blog {blog!r}")
                for record in since.records:
                    at = Cursor(head.epoch, record.sequence)
                    told = as_of(since.blog, record)
                    messages.append(wire.change(record, told, at, form, self._context.markup))
                more, status = since.more, since.blog.status
                head = Cursor(head.epoch, since.records[-1].sequence) if more else since.head
        content = (
            f'{{"cursor":"{head}","messages":[{",".join(messages)}],"more":{"true" if more else "false"},'
            f'"blog_status":"{status}"}}'
        )
        tag = cursor_tag(head)
        headers = {"cache-control": CHANGES, "etag": tag}
        if request.headers.get("if-none-match") == tag and not messages:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type="application/json")

    def endpoints(self) -> Endpoints:
        """Which answers which operation."""
        return {
            "readChanges": self.read,
        }
