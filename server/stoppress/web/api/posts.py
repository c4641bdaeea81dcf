"""The API's endpoints for posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stoppress.editing.inputs import PostBatch, PostInput
from stoppress.editing.picture_rules import picture_warnings
from stoppress.errors import NotFound
from stoppress.model import Blog, Post
from stoppress.query_parameters import wrong_parameter
from stoppress.store.base import Attempt, Committed, Order, Place
from stoppress.token_scopes import Caller
from stoppress.web.authentication import caller
from stoppress.web.blog_access import is_private
from stoppress.web.contract.operations.posts import KEY, LIMIT, ORDER, PINNED, PRIVATE, STATUS, TAG
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import NO_STORE
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.paging import ORDERED_PAGE, dump_page, place_of
from stoppress.web.http.preconditions import attempt, expected_revision
from stoppress.web.http.request import query
from stoppress.web.http.request_body import body
from stoppress.web.http.response import answer, cursor_tag, etag, unless_known


@dataclass(frozen=True, slots=True)
class _Listing:
    """The posts that a list request asks for: at most `limit` posts of an index, after a place in the order."""

    status: str
    order: Order
    index: str
    after: Place | None
    limit: int


class PostRoutes:
    """Publishes, lists, reads, edits and deletes posts."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context
        self._settings = context.settings

    async def create(self, request: Request) -> Response:
        blog, content, who, tried = await self._asked(request, self._settings.body_limit, PostInput)
        return written(await self._context.posts.create(blog, content, who, tried), 201)

    async def create_all(self, request: Request) -> Response:
        blog, content, who, tried = await self._asked(request, self._settings.batch_limit, PostBatch)
        made = await self._context.posts.create_all(blog, content, who, tried)
        headers = {**NO_STORE, **({"idempotent-replayed": "true"} if made[0].replayed else {})}
        return answer({"posts": [_answer(one) for one in made], "cursor": str(made[-1].cursor)}, 201, headers)

    async def _asked(
        self, request: Request, limit: int, model: type[PostInput | PostBatch]
    ) -> tuple[str, Any, Caller, Attempt | None]:
        """The blog, the JSON of the body or the `model` made of it, the caller and the idempotency attempt. The token
        is checked before the body is read."""
        who = await caller(request, self._context)
        blog = request.path_params["blog"]
        who.require("write", blog)
        content = await body(request, limit, self._context.byte_limits)
        tried = attempt(request, who, content, self._settings.idempotency_hours)
        return blog, await self._context.content_workers.read(content, model), who, tried

    async def index(self, request: Request) -> Response:
        blog = request.path_params["blog"]
        asked = _listing(request)
        if asked.status in PRIVATE:
            return await self._private(request, blog, asked)
        page = await self._context.store.page(
            blog, order=asked.order, after=asked.after, limit=asked.limit, index=asked.index
        )
        # The blog may have been deleted, or have become private, since the request was let in.
        if page is None or (page.blog.private and not is_private(request)):
            raise NotFound(f"there is no blog {blog!r}")
        content = {
            "posts": [post.model_dump(mode="json") for post in page.posts],
            "next": dump_page(asked.order, page.next) if page.next else None,
            "cursor": str(page.cursor),
        }
        return unless_known(request, cursor_tag(page.cursor), content)

    async def _private(self, request: Request, blog: str, asked: _Listing) -> Response:
        """List drafts or scheduled posts. They have no time of publication, so they are in order of creation."""
        who = await caller(request, self._context)
        who.require("read", blog)
        state = await self._context.blogs.read(blog)
        newest = asked.order == "newest"
        drafts = await self._context.store.drafts(blog)
        found = sorted(
            (post for post in drafts if post.status == asked.status and _is_in(post, asked.index)), key=_made
        )
        if asked.after is not None:
            place = (asked.after.published_at, asked.after.id)
            found = [post for post in found if (_made(post) < place if newest else _made(post) > place)]
        if newest:
            found.reverse()
        following = Place(*_made(found[asked.limit - 1])) if len(found) > asked.limit else None
        content = {
            "posts": [post.model_dump(mode="json") for post in found[: asked.limit]],
            "next": dump_page(asked.order, following) if following else None,
            "cursor": str(state.cursor),
        }
        return answer(content, headers=NO_STORE)

    async def read(self, request: Request) -> Response:
        who = await caller(request, self._context)
        post = await self._context.posts.read(request.path_params["blog"], request.path_params["post"], who)
        content = post.model_dump(mode="json")
        if post.status != "published":
            return answer(content, headers={**NO_STORE, "etag": etag(post)})
        return unless_known(request, etag(post), content)

    async def edit(self, request: Request) -> Response:
        who = await caller(request, self._context)
        blog, post = request.path_params["blog"], request.path_params["post"]
        who.require("write", blog)
        revision = expected_revision(request)
        patch = await self._context.content_workers.read(
            await body(request, self._settings.body_limit, self._context.byte_limits)
        )
        return written(await self._context.posts.edit(blog, post, patch, who, revision=revision))

    async def delete(self, request: Request) -> Response:
        who = await caller(request, self._context)
        blog, post = request.path_params["blog"], request.path_params["post"]
        who.require("write", blog)
        revision = expected_revision(request)
        return written(await self._context.posts.delete(blog, post, who, revision=revision))

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "createPost": self.create,
            "createPosts": self.create_all,
            "listPosts": self.index,
            "readPost": self.read,
            "editPost": self.edit,
            "deletePost": self.delete,
        }


def _listing(request: Request) -> _Listing:
    """The list that the query asks for. Raises Invalid (400)."""
    asked = query(request)
    wanted = [flag.name for flag in (KEY, PINNED) if asked[flag]]
    if tag := asked[TAG]:
        wanted.append(f"tag:{tag}")
    if len(wanted) > 1:
        name = wanted[-1].partition(":")[0]
        raise wrong_parameter(name, f"expected one filter, but got {' and '.join(wanted)[:80]}")
    order = asked[ORDER]
    after = place_of(asked[ORDERED_PAGE], order)
    return _Listing(asked[STATUS], order, wanted[0] if wanted else "all", after, asked[LIMIT])


def _made(post: Post) -> tuple[datetime, str]:
    """The sort key that orders posts by creation."""
    return post.created_at, post.id


def _is_in(post: Post, index: str) -> bool:
    """Whether an unpublished post would be in this index of the store if it were published."""
    kind, _, tag = index.partition(":")
    return {"all": True, "key": post.key, "pinned": post.pinned, "tag": tag in post.tags}[kind]


def written(committed: Committed, status: int = 200) -> Response:
    """The response to a write of one post: the post and the cursor, with its ETag."""
    post = committed.entry
    assert not isinstance(post, Blog)
    headers = {**NO_STORE, "etag": etag(post)}
    if status == 201:
        headers["location"] = f"/v1/blogs/{post.blog}/posts/{post.id}"
    if committed.replayed:
        headers["idempotent-replayed"] = "true"
    return answer(_answer(committed), status, headers)


def _answer(committed: Committed) -> dict[str, object]:
    content: dict[str, object] = {"post": committed.entry.model_dump(mode="json"), "cursor": str(committed.cursor)}
    if isinstance(committed.entry, Post) and (warnings := picture_warnings(committed.entry)):
        content["warnings"] = [{"pointer": one.pointer, "detail": one.detail} for one in warnings]
    return content
