"""Creates posts: one, or several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stoppress.editing.content_workers import ContentWorkers
from stoppress.editing.idempotency import or_first_answer
from stoppress.editing.inputs import ERRORS_MAX, PostInput, invalid, parse, parse_batch
from stoppress.editing.new_ids import new_id, new_ids
from stoppress.editing.next_revision import compose
from stoppress.editing.picture_rules import PictureRules
from stoppress.editing.post_commits import PostCommits, change_of
from stoppress.editing.schedule import Clock
from stoppress.errors import Conflict, FieldError, Invalid, NotFound, StaleRevision
from stoppress.model import Post
from stoppress.store.base import Attempt, Committed, Store
from stoppress.token_scopes import Caller

_ANY_PICTURE = PictureRules()


class NewPosts:
    """The part of Posts that creates posts."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        content_workers: ContentWorkers | None = None,
        pictures: PictureRules = _ANY_PICTURE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._content_workers = content_workers or ContentWorkers()
        self._pictures = pictures
        self._commits = PostCommits(store)

    async def create(self, blog: str, content: Any, caller: Caller, attempt: Attempt | None = None) -> Committed:
        """Create a post from a JSON object.

        Raises Invalid, NotFound (no such blog), Conflict (the id is taken, or the blog is archived), Forbidden,
        Unauthenticated, Unavailable.
        """
        caller.require("write", blog)
        async with or_first_answer(self._store, blog, attempt) as done:
            wanted = parse(PostInput, content)
            if wanted.status != "draft":
                caller.require("publish", blog)
            if wanted.status != "published":
                await self.check_blog(blog)  # checked before the note of a scheduled post is written
            html = await self._content_workers.html(wanted.body, wanted.body_format)
            now = self._clock()
            post = compose(wanted, blog, wanted.id or new_id(now), now, html=html, pictures=self._pictures)
            try:
                done.append(await self._commits.commit(change_of(None, post, "published", now), caller, now, attempt))
            except StaleRevision as error:
                raise Conflict(f"there is already a post {post.id!r} in {blog!r}") from error
        return done[0]

    async def create_all(
        self, blog: str, content: Any, caller: Caller, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        """Create several posts, all or none. Posts with the same time of publication keep the order given.

        Raises the same errors as `create`. The pointers of an Invalid begin with `/posts/INDEX`.
        """
        caller.require("write", blog)
        async with or_first_answer(self._store, blog, attempt) as done:
            await self.check_blog(blog)
            wanted = parse_batch(content).posts
            if any(post.status != "draft" for post in wanted):
                caller.require("publish", blog)
            made = await self._content_workers.html_of([(post.body, post.body_format) for post in wanted])
            now = self._clock()
            ids = new_ids(now, len(wanted))
            posts: list[Post] = []
            errors: list[FieldError] = []
            seen: dict[str, int] = {}
            for i, one in enumerate(wanted):
                name = one.id or ids[i]
                if seen.setdefault(name, i) != i:
                    errors.append(FieldError(f"/posts/{i}/id", f"{name!r} is also the id of /posts/{seen[name]}"))
                try:
                    posts.append(self._composed(one, blog, name, now, made[i]))
                except Invalid as error:
                    errors += [FieldError(f"/posts/{i}{wrong.pointer}", wrong.detail) for wrong in error.errors]
                await asyncio.sleep(0)
            if errors:
                raise invalid(errors)
            try:
                changes = [change_of(None, post, "published", now) for post in posts]
                done += await self._commits.commit_all(changes, caller, now, attempt)
            except StaleRevision as error:
                raise await self._ids_taken(blog, posts) from error
        return done

    async def _ids_taken(self, blog: str, posts: Sequence[Post]) -> Conflict:
        errors = [
            FieldError(f"/posts/{i}/id", f"there is already a post {post.id!r} in {blog!r}")
            for i, post in enumerate(posts)
            if await self._store.entry(blog, post.id) is not None
        ]
        detail = f"{len(errors)} of the {len(posts)} posts already exist; none was created"
        return Conflict(detail, errors[:ERRORS_MAX])

    async def check_blog(self, blog: str) -> None:
        """Return if there is such a blog. Raises NotFound otherwise."""
        if await self._store.blog(blog) is None:
            raise NotFound(f"there is no blog {blog!r}")

    def _composed(self, wanted: PostInput, blog: str, name: str, now: datetime, html: str | Invalid) -> Post:
        if isinstance(html, Invalid):
            raise html
        return compose(wanted, blog, name, now, html=html, pictures=self._pictures)
