"""Which status of a post or a blog may follow which, and the kind of change that readers get. The code is pure."""

from __future__ import annotations

from stoppress.model import BlogStatus, Change, Post, PostFields, PostStatus, Tombstone
from stoppress.store.base import Entry

# The statuses that a patch may set, by the current status. A deleted post can only be published again, and only by a
# patch that says so. A published post can't become a draft again, because readers have it.
NEXT_OF_POST: dict[PostStatus, tuple[PostStatus, ...]] = {
    "draft": ("draft", "scheduled", "published"),
    "scheduled": ("draft", "scheduled", "published"),
    "published": ("published",),
    "deleted": ("published",),
}
# An ended blog may go live again, because the story may go on. An archived one must be set to `ended` first, so that
# nobody reopens it by accident.
NEXT_OF_BLOG: dict[BlogStatus, set[BlogStatus]] = {
    "scheduled": {"live", "paused", "ended", "archived"},
    "live": {"scheduled", "paused", "ended", "archived"},
    "paused": {"scheduled", "live", "ended", "archived"},
    "ended": {"live", "paused", "archived"},
    "archived": {"ended"},
}
EDITABLE = {*PostFields.model_fields, "status", "published_at", "publish_at"}


def changed(before: Entry | None, after: Entry) -> list[str]:
    """The names of the fields that differ between two revisions, in alphabetical order. `before` is None for the first
    revision: then those that differ from an empty draft."""
    if isinstance(after, Tombstone):
        return ["status"]
    base: Entry = Post(id=after.id, blog=after.blog, revision=1, status="draft", created_at=after.created_at)
    base = before if before is not None else base
    names = sorted(EDITABLE)
    return [name for name in names if getattr(after, name) != getattr(base, name, None)]


def told_as(before: Entry, after: Post) -> Change:
    """The kind of change that readers get with the post. If several apply it is the most important one."""
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
