"""Which moves the life of a post allows, and what readers are told of each. Pure."""

from __future__ import annotations

from stoppress.model import Change, Post, PostFields, PostStatus, Tombstone
from stoppress.store.base import Entry

# What may follow: a patch with this status. What is deleted comes back on purpose only, and as what readers saw; what
# was published does not become a draft again, since readers have it.
NEXT: dict[PostStatus, tuple[PostStatus, ...]] = {
    "draft": ("draft", "scheduled", "published"),
    "scheduled": ("draft", "scheduled", "published"),
    "published": ("published",),
    "deleted": ("published",),
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
