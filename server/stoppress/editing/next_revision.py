"""Decides whether a patch makes a revision, and builds the next revision of a post. The code is pure.

A patch that changes nothing makes no revision, of a post or of a blog. For a post, this module sanitises the HTML of
the editor's input, and sets the times.
"""

from __future__ import annotations

from datetime import datetime

from stoppress.editing.inputs import PostEdit, PostPatch
from stoppress.editing.picture_rules import PictureRules
from stoppress.editing.required_content import check_content
from stoppress.editing.schedule import check_publish_at, only_scheduled
from stoppress.model import Blog, Post, PostFields, Tombstone
from stoppress.sanitize import publishable
from stoppress.store.base import Entry

_ANY_PICTURE = PictureRules()


def compose(
    wanted: PostEdit,
    blog: str,
    name: str,
    now: datetime,
    before: Entry | None = None,
    base: Post | None = None,
    html: str | None = None,
    *,
    pictures: PictureRules = _ANY_PICTURE,
) -> Post:
    """The next revision of a post.

    `wanted` is the editor's input. `before` is the entry that the post replaces; None for a new post. `base` is the
    post that a patch was applied to: the same as `before`, except that a deleted post continues from its last revision
    before the deletion. `html` is the body that `wanted` names, if it is sanitised already. `pictures` are the rules
    for its pictures. Raises Invalid.
    """
    fields = {field: getattr(wanted, field) for field in PostFields.model_fields}
    if changes_body(wanted, base):
        fields["body"] = publishable(wanted.body, wanted.body_format) if html is None else html
    published_at, updated_at = wanted.published_at, wanted.updated_at
    if before is None and wanted.publish_at is not None:
        only_scheduled(wanted)
    check_publish_at(wanted, now)
    if wanted.status == "published":
        published_at = published_at or now
        if updated_at is None:
            if before is None or before.status in ("draft", "scheduled"):
                updated_at = published_at
            elif isinstance(wanted, PostPatch) and wanted.silent and base and base.updated_at:
                updated_at = base.updated_at
            else:
                updated_at = now
        updated_at = max(updated_at, published_at)
    post = Post(
        **fields,
        id=name,
        blog=blog,
        revision=before.revision + 1 if before else 1,
        status=wanted.status,
        created_at=base.created_at if base else now,
        published_at=published_at,
        updated_at=updated_at,
        publish_at=wanted.publish_at if wanted.status == "scheduled" else None,
    )
    check_content(post, wanted, base)
    pictures.check(post, base)
    return post


def changes_body(wanted: PostEdit, base: Post | None) -> bool:
    """Whether the body that `wanted` names has to be sanitised: it is not that of `base`, the post before the patch."""
    return base is None or wanted.body != base.body or wanted.body_format == "markdown"


def changes_nothing(before: Entry | Blog, after: Post | Blog, updated_at: datetime | None) -> bool:
    """Whether a patch that would turn `before` into `after` changes nothing. It then makes no revision and no event.

    `updated_at` is the time that the patch names; None if it names none. A patch that names a time changes something,
    and so does one that restores a deleted post.
    """
    if isinstance(before, Tombstone) or updated_at is not None:
        return False
    return after.model_copy(update={"revision": before.revision, "updated_at": before.updated_at}) == before
