"""What records change: the blog as of a record, and its posts after several records."""

from __future__ import annotations

from collections.abc import Iterable

from stoppress.model.blog import Blog
from stoppress.model.events import BlogChanged, PostChanged, PostRemoved, UnknownEvent
from stoppress.model.post import Post
from stoppress.model.record import Record
from stoppress.model.tombstone import Tombstone


def as_of(blog: Blog, record: Record) -> Blog:
    """The blog as of `record`, with the counts of that moment.

    If the record changed the blog itself, the result has its new fields. `blog` is the blog as of any other moment.
    """
    current = record.event.blog if isinstance(record.event, BlogChanged) else blog
    return current.model_copy(update={"posts": record.posts, "updated_at": record.updated_at})


def apply(state: dict[str, Post | Tombstone], records: Iterable[Record]) -> dict[str, Post | Tombstone]:
    """The state after `records`, by the rule of every client: a revision that is not newer changes nothing."""
    after = dict(state)
    for record in records:
        match record.event:
            case PostChanged(post=new) | PostRemoved(tombstone=new):
                known = after.get(new.id)
                if known is None or known.revision < new.revision:
                    after[new.id] = new
            case BlogChanged() | UnknownEvent():
                pass
    return after
