"""The life of a post: draft → (scheduled) → published → deleted, and from deleted back to published by a patch.

An edit reads the current revision, applies the merge patch, and commits the result as the successor of exactly that
revision. If another edit was committed in between, the patch is applied again to the new revision. If the caller named
the revision that it edited, it gets a 412 instead and decides itself. Either way no edit is lost silently.
"""

from __future__ import annotations

from typing import Any

from stoppress.editing.conflict_retries import tries
from stoppress.editing.idempotency import first_answer
from stoppress.editing.inputs import PostPatch, named_status, patched, wrong
from stoppress.editing.new_posts import NewPosts
from stoppress.editing.next_revision import changes_body, changes_nothing, compose
from stoppress.editing.post_commits import change_of
from stoppress.editing.revision_check import check_revision
from stoppress.editing.schedule import only_scheduled
from stoppress.editing.transitions import EDITABLE, NEXT_OF_POST, told_as
from stoppress.editing.visible_fields import may_read, visible
from stoppress.errors import Conflict, Gone, Invalid, NotFound, StaleRevision, Unavailable
from stoppress.model import Post, PostFields, Tombstone
from stoppress.store.base import REVISIONS_MAX, Attempt, Committed, Entry, Order, RevisionPage
from stoppress.token_scopes import ANONYMOUS, Caller


class Posts(NewPosts):
    """The actions on the posts of every blog. Each checks that the caller has the scope for it."""

    async def read(self, blog: str, post: str, caller: Caller) -> Post:
        """The post, if the caller may see it. Raises NotFound, and Gone for a deleted post."""
        if caller.may("read", blog):
            entry = await self._store.entry(blog, post)
        else:
            entry = await self._store.published(blog, post)
        return _post_of(entry, blog, post)

    async def edit(self, blog: str, post: str, patch: Any, caller: Caller, *, revision: int | None = None) -> Committed:
        """Apply a merge patch. `revision` is the revision that the caller edited; None applies it to the current one.

        The result has only the fields that the caller may see (visible_fields.py).

        Raises Invalid, NotFound, Gone, StaleRevision, Conflict (the status can't follow the current one), Forbidden,
        Unauthenticated, Unavailable.
        """
        caller.require("write", blog)
        if not isinstance(patch, dict):
            raise Invalid("expected a JSON object as the merge patch")
        async for _ in tries():
            before = await self._entry(blog, post)
            _check_permission(before, caller)
            check_revision(before, revision, caller)
            try:
                return visible(await self._edit_once(before, patch, caller, editor=caller.id), patch, caller)
            except StaleRevision:
                continue
        raise Unavailable(f"other edits changed the post {post!r} at every attempt; try again")

    async def restore(
        self,
        blog: str,
        post: str,
        wanted: int,
        caller: Caller,
        *,
        revision: int | None = None,
        attempt: Attempt | None = None,
    ) -> Committed:
        """Make a new revision with the content of an earlier one, number `wanted`.

        The post's status does not change. `published_at` changes only if the earlier revision was published. Raises
        the same errors as `edit`; also NotFound when there is no such revision that the caller may read.
        """
        caller.require("write", blog)
        if earlier := await first_answer(self._store, blog, attempt):
            return earlier[0]
        async for _ in tries():
            before = await self._entry(blog, post)
            if isinstance(before, Tombstone):
                raise Gone(
                    f"the post {post!r} was deleted; a patch with status 'published' brings it back",
                    before.model_dump(mode="json"),
                )
            _check_permission(before, caller)
            check_revision(before, revision, caller)
            found = (await self._store.revisions(blog, post, after=wanted - 1, limit=1)).revisions
            earlier_post = found[0].post if found and found[0].revision == wanted else None
            if earlier_post is None or isinstance(earlier_post, Tombstone) or not may_read(earlier_post, caller):
                raise NotFound(f"the post {post!r} has no revision {wanted} to restore")
            fields = set(PostFields.model_fields)
            if earlier_post.status == "published":
                fields.add("published_at")
            try:
                patch = earlier_post.model_dump(mode="json", include=fields)
                return await self._edit_once(before, patch, caller, attempt)
            except StaleRevision:
                continue
        raise Unavailable(f"other edits changed the post {post!r} at every attempt; try again")

    async def _edit_once(
        self,
        before: Entry,
        patch: dict[str, Any],
        caller: Caller,
        attempt: Attempt | None = None,
        *,
        editor: str = "",
    ) -> Committed:
        base = await self._before_deletion(before, patch) if isinstance(before, Tombstone) else before
        named_status(patch)
        wanted = patched(PostPatch, base.model_dump(mode="json", include=EDITABLE), patch)
        if wanted.status not in NEXT_OF_POST[before.status]:
            allowed = " or ".join(NEXT_OF_POST[before.status])
            raise Conflict(f"a post that is {before.status} can't become {wanted.status}, only {allowed}")
        if wanted.status != "draft":
            caller.require("publish", before.blog)
        if patch.get("publish_at") is not None:
            only_scheduled(wanted)
        if before.status == "published" and "published_at" in patch and patch["published_at"] is None:
            raise wrong("published_at", "expected a time for a published post, but got null")
        if wanted.body_format == "markdown" and "body" not in patch:
            raise wrong("body_format", "expected a body in this format as well, but the patch has no body")
        html = None
        if changes_body(wanted, base):
            html = await self._content_workers.html(wanted.body, wanted.body_format)
        now = self._clock()
        after = compose(wanted, before.blog, before.id, now, before, base, html, pictures=self._pictures)
        if changes_nothing(before, after, wanted.updated_at):
            state = await self._store.blog(before.blog)
            if state is not None:
                return Committed(state.cursor, before)
        told = told_as(before, after)
        change = change_of(before, after, told, now, noticed=not wanted.silent, editor=editor)
        return await self._commits.commit(change, caller, now, attempt)

    async def delete(self, blog: str, post: str, caller: Caller, *, revision: int | None = None) -> Committed:
        """Replace the post with a tombstone. Deleting a deleted post changes nothing.

        `revision` is the revision that the caller expects; None deletes the current one. Raises NotFound,
        StaleRevision, Conflict, Forbidden, Unauthenticated, Unavailable.
        """
        caller.require("write", blog)
        async for _ in tries():
            before = await self._entry(blog, post)
            if isinstance(before, Tombstone):
                state = await self._store.blog(blog)
                if state is not None:
                    return Committed(state.cursor, before)
            if before.status == "published":
                caller.require("publish", blog)
            check_revision(before, revision, caller)
            after = Tombstone(id=post, blog=blog, revision=before.revision + 1)
            now = self._clock()
            try:
                return await self._commits.commit(change_of(before, after, "edited", now), caller, now)
            except StaleRevision:
                continue
        raise Unavailable(f"other edits changed the post {post!r} at every attempt; try again")

    async def revisions(
        self,
        blog: str,
        post: str,
        caller: Caller,
        *,
        order: Order = "oldest",
        after: int | None = None,
        limit: int = REVISIONS_MAX,
    ) -> RevisionPage:
        """Some revisions of the post, as base.Store.revisions returns them.

        Raises Unauthenticated without a token, NotFound for callers who may not see drafts, and Unavailable.
        """
        if caller is ANONYMOUS:
            caller.require("read", blog)
        if not caller.may("read", blog):
            raise NotFound(f"there is no history of the post {post!r} that you may see")
        found = await self._store.revisions(blog, post, order=order, after=after, limit=limit)
        if not found.revisions and after is None:
            raise NotFound(f"there is no post {post!r} in {blog!r}")
        return found

    # Reading the current entry

    async def _entry(self, blog: str, post: str) -> Entry:
        entry = await self._store.entry(blog, post)
        if entry is None:
            await self.check_blog(blog)
            raise NotFound(f"there is no post {post!r} in {blog!r}")
        return entry

    async def _before_deletion(self, tombstone: Tombstone, patch: dict[str, Any]) -> Post:
        """The post as it was before its deletion: a restored post continues from there. Raises Gone."""
        if patch.get("status") is None:
            raise Gone(
                f"the post {tombstone.id!r} was deleted; a patch with status 'published' brings it back",
                tombstone.model_dump(mode="json"),
            )
        # A tombstone never follows another, so the second of the latest revisions is the post.
        for revision in (await self._store.revisions(tombstone.blog, tombstone.id, order="newest", limit=2)).revisions:
            if isinstance(revision.post, Post):
                return revision.post
        detail = f"the post {tombstone.id!r} was deleted, and no revision is left to restore"
        raise Gone(detail, tombstone.model_dump(mode="json"))


def _check_permission(before: Entry, caller: Caller) -> None:
    """Raise Forbidden unless the caller may edit the post as it is: a `write` token edits drafts alone."""
    if before.status in ("scheduled", "published"):
        caller.require("publish", before.blog)


def _post_of(entry: Entry | None, blog: str, post: str) -> Post:
    if entry is None:
        raise NotFound(f"there is no post {post!r} in {blog!r}")
    if isinstance(entry, Tombstone):
        raise Gone(f"the post {post!r} was deleted", entry.model_dump(mode="json"))
    return entry
