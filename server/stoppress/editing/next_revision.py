"""Builds the next revision of a post from an editor's input: sanitises its HTML, sets its times. The code is pure."""

from __future__ import annotations

from datetime import datetime

from stoppress.editing.inputs import PostEdit, PostPatch
from stoppress.editing.required_content import check_content
from stoppress.editing.schedule import check_publish_at, only_scheduled
from stoppress.model import Post, PostFields
from stoppress.sanitize import render, sanitize
from stoppress.store.base import Entry


def compose(
    wanted: PostEdit, blog: str, name: str, now: datetime, before: Entry | None = None, base: Post | None = None
) -> Post:
    """The next revision of a post.

    `wanted` is the editor's input. `before` is the entry that the post replaces; None for a new post. `base` is the
    post that a patch was applied to: the same as `before`, except that a deleted post continues from its last revision
    before the deletion. Raises Invalid.
    """
    fields = {field: getattr(wanted, field) for field in PostFields.model_fields}
    if base is None or wanted.body != base.body or wanted.body_format == "markdown":
        fields["body"] = (render if wanted.body_format == "markdown" else sanitize)(wanted.body)
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
    return post
