"""The part of a post that the answer to a write shows to a caller who may not read the post. The code is pure.

A token with `write` or `publish`, but without `read`, edits drafts and scheduled posts that it does not see. An answer
that held the whole post would show it the work of others: an empty patch would be enough to read every draft.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from stoppress.model import Post, PostFields
from stoppress.store.base import Committed, Entry
from stoppress.token_scopes import Caller

_TIMES = {"published_at", "updated_at", "publish_at"}


def may_read(entry: Entry, caller: Caller) -> bool:
    """Whether the caller may read the entry: anybody, a published post or a tombstone; others need the scope `read`."""
    return entry.status in ("published", "deleted") or caller.may("read", entry.blog)


def visible(committed: Committed, named: Collection[str], caller: Caller) -> Committed:
    """`committed`, with only the fields of its post that the caller may see.

    Of a post that the caller may not read, these are its identity and status, and the fields in `named`, which the
    caller's own patch has set. All other fields have their defaults.
    """
    post = committed.entry
    if not isinstance(post, Post) or may_read(post, caller):
        return committed
    shown = {field: getattr(post, field) for field in (PostFields.model_fields.keys() | _TIMES) & set(named)}
    identity = {name: getattr(post, name) for name in ("id", "blog", "revision", "status", "created_at")}
    return replace(committed, entry=Post(**identity, **shown))
