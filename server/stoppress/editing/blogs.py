"""Creates, changes and deletes blogs."""

from __future__ import annotations

from typing import Any

from stoppress.editing.conflict_retries import tries
from stoppress.editing.inputs import BlogEdit, BlogInput, named_status, named_visibility, parse, patched
from stoppress.editing.new_ids import new_id
from stoppress.editing.next_revision import changes_nothing
from stoppress.editing.picture_rules import PictureRules
from stoppress.editing.revision_check import check_revision
from stoppress.editing.schedule import Clock
from stoppress.editing.transitions import NEXT_OF_BLOG
from stoppress.errors import Conflict, Invalid, NotFound, StaleRevision, Unavailable
from stoppress.model import Blog, BlogFields
from stoppress.store.base import Attempt, BlogState, Committed, Due, Store
from stoppress.token_scopes import Caller

_ANY_PICTURE = PictureRules()


class Blogs:
    """The actions on blogs. Each checks that the caller has the scope for it."""

    def __init__(self, store: Store, clock: Clock, pictures: PictureRules = _ANY_PICTURE) -> None:
        self._store = store
        self._clock = clock
        self._pictures = pictures

    async def create(self, content: Any, caller: Caller, attempt: Attempt | None = None) -> Committed:
        """Create a blog from a JSON object.

        Raises Invalid (also when the attempt's key was used for another request), Conflict (the id is taken),
        Forbidden, Unauthenticated, Unavailable.
        """
        caller.require("admin")
        wanted = parse(BlogInput, content)
        self._pictures.check_authors(wanted.authors)
        now = self._clock()
        name = wanted.id or new_id(now)
        caller.require("admin", name)
        if attempt:
            # The blog's own keys hold the attempt once it is committed. A retry that names another id would not find
            # it there, so the id is reserved as well.
            name = await self._store.reserve_id(attempt, name, chosen=wanted.id is not None)
            caller.require("admin", name)
        # A time in the future would stay on the page until it has passed, so `updated_at` is now at the latest.
        updated_at = wanted.updated_at and min(wanted.updated_at, now)
        given = "visibility" in wanted.model_fields_set
        embargoed = wanted.status == "scheduled" and not given
        fields = _fields(wanted) | ({"visibility": "private", "opens_when_live": True} if embargoed else {})
        blog = Blog(**fields, id=name, revision=1, created_at=now, updated_at=updated_at, posts=0)
        return await self._store.create_blog(blog, by=caller.name, attempt=attempt)

    async def read(self, name: str) -> BlogState:
        """The blog, with its cursor. Raises NotFound."""
        state = await self._store.blog(name)
        if state is None:
            raise NotFound(f"there is no blog {name!r}")
        return state

    async def edit(self, name: str, patch: Any, caller: Caller, *, revision: int | None = None) -> Committed:
        """Apply a merge patch. `revision` is the revision that the caller edited; None applies it to the current one.

        Raises Invalid, NotFound, StaleRevision, Conflict (the status can't follow the current one, or the blog is
        archived), Forbidden, Unauthenticated.
        """
        caller.require("publish", name)
        async for _ in tries():
            state = await self.read(name)
            before = state.blog
            check_revision(before, revision, caller)
            if not isinstance(patch, dict):
                raise Invalid("expected a JSON object as the merge patch")
            named_status(patch)
            named_visibility(patch)
            wanted = patched(BlogEdit, _document(before), patch)
            self._pictures.check_authors(wanted.authors, before.authors)
            if wanted.status not in NEXT_OF_BLOG[before.status] | {before.status}:
                raise Conflict(f"a blog that is {before.status} can't become {wanted.status}")
            if before.status == "archived" and wanted.status == "archived":
                raise Conflict(f"the blog {name!r} is archived; to change it, set its status to 'ended' first")
            fields = _fields(wanted) | {"opens_when_live": before.opens_when_live and "visibility" not in patch}
            if fields["opens_when_live"] and wanted.status == "live":
                fields |= {"visibility": "public", "opens_when_live": False}
            after = before.model_copy(update=fields | {"revision": before.revision + 1})
            if changes_nothing(before, after, wanted.updated_at):
                return Committed(state.cursor, before)
            noticed = wanted.updated_at and min(wanted.updated_at, self._clock())
            if noticed is None and _shown(wanted) != _shown(before):
                noticed = self._clock()
            try:
                committed = await self._store.change_blog(after, by=caller.name, noticed=noticed)
            except StaleRevision:
                continue
            if before.status == "archived":
                await self._note_scheduled_posts(name)
            now = (await self.read(name)).blog
            return Committed(committed.cursor, now if now.revision == after.revision else after)
        raise Unavailable(f"other edits changed the blog {name!r} at every attempt; try again")

    async def _note_scheduled_posts(self, name: str) -> None:
        """Write the notes of scheduled posts again. They are lost while a blog is archived and publishes nothing."""
        for post in await self._store.drafts(name):
            if post.status == "scheduled" and post.publish_at:
                await self._store.note_due(Due(post.publish_at, name, post.id, post.revision))

    async def delete(self, name: str, caller: Caller, *, revision: int | None = None) -> None:
        """Delete the blog and everything in it. Raises NotFound, StaleRevision, Forbidden, Unauthenticated."""
        caller.require("admin", name)
        try:
            if not await self._store.delete_blog(name, revision=revision):
                raise NotFound(f"there is no blog {name!r}")
        except StaleRevision as error:
            raise StaleRevision(error.detail, (await self.read(name)).blog.model_dump(mode="json")) from error


def _fields(blog: BlogFields) -> dict[str, Any]:
    return {name: getattr(blog, name) for name in BlogFields.model_fields}


def _document(blog: Blog) -> dict[str, Any]:
    return blog.model_dump(mode="json", include=set(BlogFields.model_fields))


def _shown(blog: BlogFields) -> tuple[Any, ...]:
    return blog.title, blog.description, blog.byline, blog.authors
