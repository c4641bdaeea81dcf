"""The next revision of a post, made of what an editor wants: its HTML made safe, its times. Pure."""

from __future__ import annotations

from datetime import datetime

from stoppress.editing.inputs import PostEdit, PostPatch, wrong
from stoppress.editing.required_content import check_content
from stoppress.model import Post, PostFields
from stoppress.sanitize import render, sanitize
from stoppress.store.base import Entry


def compose(
    wanted: PostEdit, blog: str, name: str, now: datetime, before: Entry | None = None, base: Post | None = None
) -> Post:
    """The post that comes of what an editor wants. `before` is what it replaces, and `base` the post that the patch
    was applied to: the same but for a deleted one, which goes on from its last revision."""
    fields = {field: getattr(wanted, field) for field in PostFields.model_fields}
    if base is None or wanted.body != base.body or wanted.body_format == "markdown":
        fields["body"] = (render if wanted.body_format == "markdown" else sanitize)(wanted.body)
    published_at, updated_at = wanted.published_at, wanted.updated_at
    if before is None and wanted.publish_at is not None:
        only_scheduled(wanted)
    if wanted.status == "scheduled" and (wanted.publish_at is None or wanted.publish_at <= now):
        given = wanted.publish_at and wanted.publish_at.isoformat()
        raise wrong("publish_at", f"a scheduled post needs a time to come, but got {given}")
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


def only_scheduled(wanted: PostEdit) -> None:
    """Raises Invalid when a post that is not scheduled is told when to come out."""
    if wanted.status != "scheduled":
        raise wrong(
            "publish_at", f"only a post that is scheduled has a time to come out, but the status is {wanted.status!r}"
        )
