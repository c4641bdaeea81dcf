"""The API's endpoints for the history of a post: its revisions, and restoring one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.editing.transitions import changed
from stoppress.model import rfc3339
from stoppress.web.api.posts import written
from stoppress.web.authentication import caller
from stoppress.web.contract.operations.revisions import LIMIT, ORDER, PAGE, dump_revision_page
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.paging import place_of
from stoppress.web.http.preconditions import attempt, expected_revision
from stoppress.web.http.request import invalid, query
from stoppress.web.http.response import answer


class RevisionRoutes:
    """Lists the revisions of a post, and restores one."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context
        self._settings = context.settings

    async def index(self, request: Request) -> Response:
        who = await caller(request, self._context)
        asked = query(request)
        page = await self._context.posts.revisions(
            request.path_params["blog"],
            request.path_params["post"],
            who,
            order=asked[ORDER],
            after=place_of(asked[PAGE], asked[ORDER]),
            limit=asked[LIMIT],
        )
        oldest_first = page.revisions if asked[ORDER] == "oldest" else page.revisions[::-1]
        earlier = {
            later.revision: before.post if before else None
            for before, later in zip((page.before, *oldest_first), oldest_first, strict=False)
        }
        content = {
            "revisions": [
                {
                    "revision": line.revision,
                    "at": rfc3339(line.at),
                    "by": line.by,
                    "changed": changed(earlier[line.revision], line.post),
                    "post": line.post.model_dump(mode="json"),
                }
                for line in page.revisions
            ],
            "next": dump_revision_page(asked[ORDER], page.revisions[-1].revision) if page.more else None,
        }
        return answer(content)

    async def restore(self, request: Request) -> Response:
        who = await caller(request, self._context)
        blog, post, wanted = (request.path_params[name] for name in ("blog", "post", "revision"))
        who.require("write", blog)
        if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 9:
            raise invalid("revision", f"expected a revision number such as 3, but got {wanted[:80]!r}")
        tried = attempt(request, who, b"", self._settings.idempotency_hours)
        revision = expected_revision(request)
        return written(
            await self._context.posts.restore(blog, post, int(wanted), who, revision=revision, attempt=tried)
        )

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "listRevisions": self.index,
            "restoreRevision": self.restore,
        }
