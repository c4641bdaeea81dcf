"""Writing posts down: the event that readers get, the note of when a scheduled one is due, one commit for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stoppress.auth import Caller
from stoppress.model import Change as Kind
from stoppress.model import Event, Post, PostChanged, PostRemoved, Tombstone
from stoppress.store.base import Attempt, Change, Committed, Due, Entry, Store


class PostCommits:
    """Changes of posts, on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def commit(self, change: Change, caller: Caller, now: datetime, attempt: Attempt | None = None) -> Committed:
        """Make a change, of any post. Raises StaleRevision, Conflict, NotFound, Invalid, Unavailable."""
        due = _due(change.after)
        # Noted before it is written, so that a crash in between can't lose it, and again after, in case the schedule
        # looked in between, found no such post and forgot the note.
        await self._note(due)
        committed = await self._store.commit(change, by=caller.name, at=now, attempt=attempt)
        await self._note(due)
        return committed

    async def commit_all(
        self, changes: Sequence[Change], caller: Caller, now: datetime, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        """Make new posts of one blog, all or none. Raises as `commit`."""
        due = [note for change in changes for note in _due(change.after)]
        await self._note(due)  # before and after: see `commit`
        committed = await self._store.commit_all(changes, by=caller.name, at=now, attempt=attempt)
        await self._note(due)
        return committed

    async def _note(self, due: Sequence[Due]) -> None:
        for note in due:
            await self._store.note_due(note)


def change_of(before: Entry | None, after: Entry, kind: Kind, now: datetime, *, noticed: bool = True) -> Change:
    """The change that replaces `before` by `after`. Readers are told, if they see anything of it, that it is of this
    kind, and see the blog as updated if it is to be `noticed`."""
    event: Event | None = None
    when: datetime | None = None
    if isinstance(after, Tombstone):
        if before is not None and before.status == "published":
            event, when = PostRemoved(after), now
    elif after.status == "published":
        # A post dated ahead is no news of tomorrow: the blog was updated now at the latest.
        event, when = PostChanged(kind, after), min(after.updated_at or now, now)
    return Change(before, after, event, when if noticed else None)


def _due(post: Entry) -> list[Due]:
    if isinstance(post, Post) and post.status == "scheduled" and post.publish_at:
        return [Due(post.publish_at, post.blog, post.id, post.revision)]
    return []
