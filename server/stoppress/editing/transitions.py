"""Which statuses may follow which, of a post and of a blog, and what readers are told of each move of a post. Pure."""

from __future__ import annotations

from stoppress.model import BlogStatus, Change, Post, PostFields, PostStatus, Tombstone
from stoppress.store.base import Entry

# What may follow: a patch with this status. What is deleted comes back on purpose only, and as what readers saw; what
# was published does not become a draft again, since readers have it.
NEXT_OF_POST: dict[PostStatus, tuple[PostStatus, ...]] = {
    "draft": ("draft", "scheduled", "published"),
    "scheduled": ("draft", "scheduled", "published"),
    "published": ("published",),
    "deleted": ("published",),
}
# A blog may go on after it ended (the story did); what is archived is opened again on purpose, by ending it first.
NEXT_OF_BLOG: dict[BlogStatus, set[BlogStatus]] = {
    "scheduled": {"live", "paused", "ended", "archived"},
    "live": {"scheduled", "paused", "ended", "archived"},
    "paused": {"scheduled", "live", "ended", "archived"},
    "ended": {"live", "paused", "archived"},
    "archived": {"ended"},
}
EDITABLE = {*PostFields.model_fields, "status", "published_at", "publish_at"}


def changed(before: Entry | None, after: Entry) -> list[str]:
    """The names of the fields that differ between two revisions; of the first, those that say something."""
    if isinstance(after, Tombstone):
        return ["status"]
    base: Entry = Post(id=after.id, blog=after.blog, revision=1, status="draft", created_at=after.created_at)
    base = before if before is not None else base
    names = sorted(EDITABLE)
    return [name for name in names if getattr(after, name) != getattr(base, name, None)]


def told_as(before: Entry, after: Post) -> Change:
    """What readers are told has happened: the most telling of what did."""
    if isinstance(before, Tombstone):
        return "restored"
    if before.status != "published":
        return "published"
    if after.correction and after.correction != before.correction:
        return "corrected"
    if after.published_at != before.published_at:
        return "moved"
    if after.pinned != before.pinned:
        return "pinned" if after.pinned else "unpinned"
    return "edited"
