"""Commits changes of posts: builds the event for readers, and notes when a scheduled post is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stoppress.model import Change as Kind
from stoppress.model import Event, Post, PostChanged, PostRemoved, Tombstone
from stoppress.store.base import Attempt, Change, Committed, Due, Entry, Store
from stoppress.token_scopes import Caller


class PostCommits:
    """Commits changes of posts to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def commit(self, change: Change, caller: Caller, now: datetime, attempt: Attempt | None = None) -> Committed:
        """Commit one change of a post. Raises StaleRevision, Conflict, NotFound, Invalid, Unavailable."""
        due = _due(change.after)
        # The note is written before the commit, so that a crash in between can't lose it, and again after it, in case
        # the schedule ran in between, found no such post and deleted the note.
        await self._note(due)
        committed = await self._store.commit(change, by=caller.name, at=now, attempt=attempt)
        await self._note(due)
        return committed

    async def commit_all(
        self, changes: Sequence[Change], caller: Caller, now: datetime, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        """Commit new posts of one blog, all or none. Raises StaleRevision, Conflict, NotFound, Invalid, Unavailable."""
        due = [note for change in changes for note in _due(change.after)]
        await self._note(due)  # before and after: see `commit`
        committed = await self._store.commit_all(changes, by=caller.name, at=now, attempt=attempt)
        await self._note(due)
        return committed

    async def _note(self, due: Sequence[Due]) -> None:
        for note in due:
            await self._store.note_due(note)


def change_of(
    before: Entry | None, after: Entry, kind: Kind, now: datetime, *, noticed: bool = True, editor: str = ""
) -> Change:
    """The change that replaces `before` with `after`.

    If readers can see the change, it has an event: `kind` for a published post, a removal for a deleted one. A change
    that is `noticed` also sets the time of the blog's last update.

    `editor` is the id of the token that edits the post. The history keeps one revision a minute of its edits to an
    unpublished post (docs/decisions/0060). Without `editor` it keeps this revision.
    """
    event: Event | None = None
    when: datetime | None = None
    if isinstance(after, Tombstone):
        if before is not None and before.status == "published":
            event, when = PostRemoved(after), now
    elif after.status == "published":
        # A post may be dated in the future, but the blog was updated now at the latest.
        event, when = PostChanged(kind, after), min(after.updated_at or now, now)
    unpublished = before is not None and before.status == after.status and after.status in ("draft", "scheduled")
    return Change(before, after, event, when if noticed else None, folds=editor if unpublished else "")


def _due(post: Entry) -> list[Due]:
    if isinstance(post, Post) and post.status == "scheduled" and post.publish_at:
        return [Due(post.publish_at, post.blog, post.id, post.revision)]
    return []
