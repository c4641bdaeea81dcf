"""The API's endpoints for blogs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.editing.inputs import BlogInput
from stoppress.model import Blog, rfc3339
from stoppress.store.base import Committed
from stoppress.token_scopes import ANONYMOUS
from stoppress.web.authentication import caller
from stoppress.web.blog_access import visible_blogs
from stoppress.web.contract.operations.blogs import LIMIT
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import NO_STORE, REVALIDATE
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.paging import PAGE, dump_token
from stoppress.web.http.preconditions import attempt, expected_revision
from stoppress.web.http.request import query
from stoppress.web.http.request_body import body
from stoppress.web.http.response import answer, etag


class BlogRoutes:
    """Creates, lists, reads, changes and deletes blogs, and reads their statistics."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context
        self._settings = context.settings

    async def create(self, request: Request) -> Response:
        who = await caller(request, self._context)
        who.require("admin")
        content = await body(request, self._settings.body_limit, self._context.byte_limits)
        tried = attempt(request, who, content, self._settings.idempotency_hours)
        wanted = await self._context.content_workers.read(content, BlogInput)
        committed = await self._context.blogs.create(wanted, who, tried)
        return _written(committed, 201)

    async def index(self, request: Request) -> Response:
        asked = query(request)
        who = await caller(request, self._context)
        states, following = await visible_blogs(self._context.store, who, after=asked[PAGE], limit=asked[LIMIT])
        content = {
            "blogs": [state.blog.model_dump(mode="json") for state in states],
            "next": following and dump_token(following),
        }
        return answer(content, headers=REVALIDATE if who is ANONYMOUS else NO_STORE)

    async def preview(self, request: Request) -> Response:
        """Answer with a link that shows the blog's page to people without a token, until it expires."""
        who = await caller(request, self._context)
        name = request.path_params["blog"]
        who.require("publish", name)
        text, expires_at = await self._context.previews.sign(await self._context.blogs.read(name))
        origin = self._context.page_cache.origin(request.scope, dict(request.scope["headers"]))
        content = {"url": f"{origin}/blogs/{name}?preview={text}", "expires_at": rfc3339(expires_at)}
        return answer(content, 201, NO_STORE)

    async def read(self, request: Request) -> Response:
        state = await self._context.blogs.read(request.path_params["blog"])
        # No 304 here: the ETag is the blog's revision, for If-Match, and the counts change without a new revision.
        headers = {**REVALIDATE, "etag": etag(state.blog), "stoppress-cursor": str(state.cursor)}
        return answer(state.blog.model_dump(mode="json"), headers=headers)

    async def edit(self, request: Request) -> Response:
        who = await caller(request, self._context)
        name = request.path_params["blog"]
        who.require("publish", name)
        revision = expected_revision(request)
        patch = await self._context.content_workers.read(
            await body(request, self._settings.body_limit, self._context.byte_limits)
        )
        committed = await self._context.blogs.edit(name, patch, who, revision=revision)
        if isinstance(committed.entry, Blog) and committed.entry.private:
            self._context.page_cache.forget(name)
        return _written(committed)

    async def delete(self, request: Request) -> Response:
        who = await caller(request, self._context)
        name = request.path_params["blog"]
        who.require("admin", name)
        await self._context.blogs.delete(name, who, revision=expected_revision(request))
        self._context.page_cache.forget(name)
        return Response(status_code=204, headers=NO_STORE)

    async def stats(self, request: Request) -> Response:
        state = await self._context.blogs.read(request.path_params["blog"])
        delivered = self._context.last_delivery(state.blog.id)
        content = {
            "readers": await self._context.readers(state.blog.id),
            "posts": state.blog.posts,
            "cursor": str(state.cursor),
            "last_delivery": delivered and rfc3339(delivered),
        }
        return answer(content)

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "createBlog": self.create,
            "listBlogs": self.index,
            "readBlog": self.read,
            "editBlog": self.edit,
            "deleteBlog": self.delete,
            "readStats": self.stats,
            "createPreviewLink": self.preview,
        }


def _written(committed: Committed, status: int = 200) -> Response:
    blog = committed.entry
    assert isinstance(blog, Blog)
    headers = {**NO_STORE, "etag": etag(blog)}
    if status == 201:
        headers["location"] = f"/v1/blogs/{blog.id}"
    if committed.replayed:
        headers["idempotent-replayed"] = "true"
    return answer({"blog": blog.model_dump(mode="json"), "cursor": str(committed.cursor)}, status, headers)
