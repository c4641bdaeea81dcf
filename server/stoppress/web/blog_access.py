"""Access to blogs: a private blog does not exist for anybody without the right to read it.

Every operation with a blog in its path is checked here, before its endpoint runs, so no endpoint can forget to. A
missing blog and a hidden one are refused by the same lines, so no answer tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from stoppress.errors import NotFound, Unavailable
from stoppress.store.base import BlogState, Store
from stoppress.token_scopes import ANONYMOUS, Caller
from stoppress.web.authentication import caller
from stoppress.web.contract.operation import Operation
from stoppress.web.dependencies import Dependencies

# What the cache of pages answers while the store is away. Only public blogs are in it, and these endpoints check each
# page that they make once more.
FROM_MEMORY = frozenset({"blogPage", "atomFeed", "jsonFeed"})
_AT_ONCE = 100  # blogs per query to the store


async def check_access(request: Request, operation: Operation, context: Dependencies) -> None:
    """Return if the caller may see the blog in the path, or if there is none in it.

    Sets `request.state.private` if the blog is private. Raises NotFound, also if the blog does not exist; Forbidden if
    the token lacks the operation's scope; Unauthenticated, Limited, Unavailable.
    """
    blog = request.path_params.get("blog")
    if blog is None:
        return
    try:
        if await context.page_cache.freshness.cursor(blog) is not None:
            return
    except Unavailable:
        if operation.name in FROM_MEMORY:
            return
        raise
    who = await caller(request, context)
    if operation.scope not in (None, "read") and who is not ANONYMOUS:
        who.require(operation.scope, blog)
    state = await context.store.blog(blog)
    if state is None or not (who.may("read", blog) or await _has_link(request, operation, state, context)):
        raise NotFound(f"there is no blog {blog!r}")
    request.state.private = state.blog.private


async def _has_link(request: Request, operation: Operation, state: BlogState, context: Dependencies) -> bool:
    """Whether the request is for a page, by a preview link that is valid."""
    link = request.query_params.get("preview")
    return link is not None and operation.name == "blogPage" and await context.previews.valid(state, link)


def is_private(request: Request) -> bool:
    """Whether the request is for a private blog, which its caller may see: no cache may keep the answer."""
    return bool(getattr(request.state, "private", False))


async def visible_blogs(
    store: Store, who: Caller, *, after: str | None, limit: int
) -> tuple[Sequence[BlogState], str | None]:
    """At most `limit` blogs that the caller may see, in order of their ids, starting after the id `after`.

    Also returns the `after` of the next page: the id of a blog that the caller may see. Raises Unavailable.
    """
    found: list[BlogState] = []
    while len(found) <= limit:
        states, following = await store.blogs(after=after, limit=_AT_ONCE)
        found += [state for state in states if not state.blog.private or who.may("read", state.blog.id)]
        after = following
        if after is None:
            break
    return found[:limit], found[limit - 1].blog.id if len(found) > limit else None
