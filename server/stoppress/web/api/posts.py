"""The API's routes of posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stoppress.auth import Caller
from stoppress.editing.inputs import PostBatch, PostInput, PostPatch
from stoppress.editing.transitions import changed
from stoppress.errors import NotFound
from stoppress.model import Blog, Post, rfc3339
from stoppress.query import QueryParameter, choice, flag, number, text, wrong_parameter
from stoppress.store.base import Attempt, Committed, Order, Place
from stoppress.web.authentication import caller
from stoppress.web.context import Context
from stoppress.web.contract.operation import BLOG, IDEMPOTENCY_KEY, IF_MATCH, POST, Operation, Parameter
from stoppress.web.http.paging import ORDERED_PAGE, dump_page, place_of
from stoppress.web.http.request import (
    attempt,
    body,
    expected_revision,
    invalid,
    parse_json,
    query,
)
from stoppress.web.http.response import NO_STORE, answer, cursor_tag, etag, unless_known

_LIMIT = number("limit", "How many.", 1, 100, 100)
_WRITTEN = {"$ref": "#/components/schemas/PostAnswer"}
_PRIVATE = ("draft", "scheduled")
_ORDER: QueryParameter[Order] = choice("order", "By first publication.", "newest", "oldest")
_KEY = flag("key", "`true`: key events only.")
_PINNED = flag("pinned", "`true`: pinned posts only.")
_TAG = text("tag", "Posts with this tag only. One of key, pinned and tag may be given.")
_STATUS = choice("status", "Others than published need the scope read.", "published", *_PRIVATE)


class PostRoutes:
    """Publish, list, read, edit, delete, and who did what."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._settings = context.settings

    async def create(self, request: Request) -> Response:
        blog, content, who, tried = await self._asked(request, self._settings.body_limit)
        return _written(await self._context.posts.create(blog, content, who, tried), 201)

    async def create_all(self, request: Request) -> Response:
        blog, content, who, tried = await self._asked(request, self._settings.batch_limit)
        made = await self._context.posts.create_all(blog, content, who, tried)
        headers = {**NO_STORE, **({"idempotent-replayed": "true"} if made[0].replayed else {})}
        return answer({"posts": [_answer(one) for one in made], "cursor": str(made[-1].cursor)}, 201, headers)

    async def _asked(self, request: Request, limit: int) -> tuple[str, Any, Caller, Attempt | None]:
        """The blog, what is to be made in it, by whom, and in which attempt. The token is judged before the body."""
        who = await caller(request, self._context)
        blog = request.path_params["blog"]
        who.require("write", blog)
        content = await body(request, limit)
        tried = attempt(request, who, content, self._settings.idempotency_hours)
        return blog, parse_json(content), who, tried

    async def index(self, request: Request) -> Response:
        blog = request.path_params["blog"]
        asked = query(request)
        limit, status, order = asked[_LIMIT], asked[_STATUS], asked[_ORDER]
        wanted = [flag.name for flag in (_KEY, _PINNED) if asked[flag]]
        if tag := asked[_TAG]:
            wanted.append(f"tag:{tag}")
        if len(wanted) > 1:
            name = wanted[-1].partition(":")[0]
            raise wrong_parameter(name, f"expected one filter, but got {' and '.join(wanted)[:80]}")
        index = wanted[0] if wanted else "all"
        after = place_of(asked[ORDERED_PAGE], order)
        if status in _PRIVATE:
            return await self._private(request, blog, status, order, index, after, limit)
        page = await self._context.store.page(blog, order=order, after=after, limit=limit, index=index)
        if page is None:
            raise NotFound(f"there is no blog {blog!r}")
        content = {
            "posts": [post.model_dump(mode="json") for post in page.posts],
            "next": dump_page(order, page.next) if page.next else None,
            "cursor": str(page.cursor),
        }
        return unless_known(request, cursor_tag(page.cursor), content)

    async def _private(
        self, request: Request, blog: str, status: str, order: Order, index: str, after: Place | None, limit: int
    ) -> Response:
        """Drafts or scheduled posts, which have no time of publication: in the order they were made."""
        who = await caller(request, self._context)
        who.require("read", blog)
        state = await self._context.blogs.read(blog)
        newest = order == "newest"
        drafts = await self._context.store.drafts(blog)
        found = sorted((post for post in drafts if post.status == status and _is_in(post, index)), key=_made)
        if after is not None:
            place = (after.published_at, after.id)
            found = [post for post in found if (_made(post) < place if newest else _made(post) > place)]
        if newest:
            found.reverse()
        following = Place(*_made(found[limit - 1])) if len(found) > limit else None
        content = {
            "posts": [post.model_dump(mode="json") for post in found[:limit]],
            "next": dump_page(order, following) if following else None,
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
        patch = parse_json(await body(request, self._settings.body_limit))
        return _written(await self._context.posts.edit(blog, post, patch, who, revision=revision))

    async def delete(self, request: Request) -> Response:
        who = await caller(request, self._context)
        blog, post = request.path_params["blog"], request.path_params["post"]
        who.require("write", blog)
        revision = expected_revision(request)
        return _written(await self._context.posts.delete(blog, post, who, revision=revision))

    async def restore(self, request: Request) -> Response:
        who = await caller(request, self._context)
        blog, post, wanted = (request.path_params[name] for name in ("blog", "post", "revision"))
        who.require("write", blog)
        if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 9:
            raise invalid("revision", f"expected a revision's number, but got {wanted[:80]!r}")
        tried = attempt(request, who, b"", self._settings.idempotency_hours)
        revision = expected_revision(request)
        return _written(
            await self._context.posts.restore(blog, post, int(wanted), who, revision=revision, attempt=tried)
        )

    async def revisions(self, request: Request) -> Response:
        who = await caller(request, self._context)
        lines = await self._context.posts.revisions(request.path_params["blog"], request.path_params["post"], who)
        content = {
            "revisions": [
                {
                    "revision": line.revision,
                    "at": rfc3339(line.at),
                    "by": line.by,
                    "changed": changed(before.post if before else None, line.post),
                    "post": line.post.model_dump(mode="json"),
                }
                for before, line in zip((None, *lines), lines, strict=False)
            ]
        }
        return answer(content)

    def operations(self) -> list[Operation]:
        """What the OpenAPI document says of them."""
        path = "/v1/blogs/{blog}/posts"
        return [
            Operation(
                "POST",
                path,
                "createPost",
                "Publish a post, or keep a draft",
                self.create,
                "Posts",
                scope="write",
                body=PostInput,
                parameters=(BLOG, IDEMPOTENCY_KEY),
                answers={201: _WRITTEN},
                problems=(400, 401, 403, 404, 409, 413, 415, 422, 503),
                description="`published` (the default) and `scheduled` need the scope publish.",
            ),
            Operation(
                "POST",
                path + ":batch",
                "createPosts",
                "Make up to 500 posts, all or none",
                self.create_all,
                "Posts",
                scope="write",
                body=PostBatch,
                parameters=(BLOG, IDEMPOTENCY_KEY),
                answers={201: {"$ref": "#/components/schemas/PostBatchAnswer"}},
                problems=(400, 401, 403, 404, 409, 413, 415, 422, 503),
                description="In one atomic step, in the order given. If one is refused none is made, and the problem "
                "names all that are wrong. "
                f"The body may have {self._settings.batch_limit} bytes.",
            ),
            Operation(
                "GET",
                path,
                "listPosts",
                "List posts",
                self.index,
                "Posts",
                parameters=(
                    BLOG,
                    *(_ORDER, _LIMIT, _KEY, _PINNED, _TAG, _STATUS, ORDERED_PAGE),
                ),
                answers={200: {"$ref": "#/components/schemas/PostList"}, 304: None},
                problems=(401, 403, 404, 503),
            ),
            Operation(
                "GET",
                path + "/{post}",
                "readPost",
                "Read a post",
                self.read,
                "Posts",
                parameters=(BLOG, POST),
                answers={200: {"$ref": f"#/components/schemas/{Post.__name__}"}, 304: None},
                problems=(401, 404, 410, 503),
                description="A deleted one is 410, with its tombstone. Drafts need the scope read, or are 404.",
            ),
            Operation(
                "PATCH",
                path + "/{post}",
                "editPost",
                "Change a post (RFC 7396 merge patch)",
                self.edit,
                "Posts",
                scope="write",
                body=PostPatch,
                merge_patch=True,
                parameters=(BLOG, POST, IF_MATCH),
                answers={200: _WRITTEN},
                problems=(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 503),
                description="What is published needs the scope publish. A patch with status `published` brings a "
                "deleted post back. If nothing changes, there is no new revision.",
            ),
            Operation(
                "DELETE",
                path + "/{post}",
                "deletePost",
                "Delete a post",
                self.delete,
                "Posts",
                scope="write",
                parameters=(BLOG, POST, IF_MATCH),
                answers={200: {"$ref": "#/components/schemas/TombstoneAnswer"}},
                problems=(400, 401, 403, 404, 409, 412, 503),
                description="A tombstone goes to every page, feed, cache and socket. Deleting twice is deleting once.",
            ),
            Operation(
                "GET",
                path + "/{post}/revisions",
                "listRevisions",
                "Who changed what, when",
                self.revisions,
                "Posts",
                scope="read",
                parameters=(BLOG, POST),
                answers={200: {"$ref": "#/components/schemas/RevisionList"}},
                problems=(401, 404, 503),
            ),
            Operation(
                "POST",
                path + "/{post}/revisions/{revision}/restore",
                "restoreRevision",
                "Go back to what a revision said",
                self.restore,
                "Posts",
                scope="write",
                parameters=(
                    BLOG,
                    POST,
                    Parameter(
                        "revision", "path", "Its number.", {"type": "integer", "minimum": 1, "maximum": 999999999}
                    ),
                    IF_MATCH,
                    IDEMPOTENCY_KEY,
                ),
                answers={200: _WRITTEN},
                problems=(400, 401, 403, 404, 409, 410, 412, 422, 503),
                description="Makes a new revision with the fields of that one. Whether the post is out stays as it is; "
                "what is published needs the scope publish. A deleted post is 410: it comes back by a patch.",
            ),
        ]


def _made(post: Post) -> tuple[datetime, str]:
    """Where it stands in the order of making."""
    return post.created_at, post.id


def _is_in(post: Post, index: str) -> bool:
    """Whether a post that is not published would stand in this index of the store's."""
    kind, _, tag = index.partition(":")
    return {"all": True, "key": post.key, "pinned": post.pinned, "tag": tag in post.tags}[kind]


def _written(committed: Committed, status: int = 200) -> Response:
    post = committed.entry
    assert not isinstance(post, Blog)
    headers = {**NO_STORE, "etag": etag(post)}
    if status == 201:
        headers["location"] = f"/v1/blogs/{post.blog}/posts/{post.id}"
    if committed.replayed:
        headers["idempotent-replayed"] = "true"
    return answer(_answer(committed), status, headers)


def _answer(committed: Committed) -> dict[str, object]:
    return {"post": committed.entry.model_dump(mode="json"), "cursor": str(committed.cursor)}
