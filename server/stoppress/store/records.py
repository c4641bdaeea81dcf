"""How events, records and tokens are written down: JSON texts, read back into the model's frozen types."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from stoppress.model import (
    Blog,
    BlogChanged,
    Event,
    Post,
    PostChanged,
    PostRemoved,
    Record,
    Tombstone,
    rfc3339,
)
from stoppress.store.base import Entry, Revision
from stoppress.store.base_tokens import TokenRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, exactly."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment(value: int) -> datetime:
    """The inverse of `milliseconds`."""
    return _EPOCH + timedelta(milliseconds=value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def dump_event(event: Event) -> str:
    """The event without what the store adds (see commit.lua)."""
    match event:
        case PostChanged(change=change, post=post):
            return f'{{"change":"{change}","post":{post.model_dump_json()}}}'
        case PostRemoved(tombstone=tombstone):
            return f'{{"removed":{tombstone.model_dump_json()}}}'
        case BlogChanged(blog=blog):
            return f'{{"blog":{blog.model_dump_json()}}}'


def load_record(text: str, epoch: str | None = None, committed: str | None = None) -> Record:
    """The inverse of what commit.lua writes around `dump_event`; `epoch` and `committed`
    (ms) are written beside it in the stream."""
    sequence, posts, updated, content = json.loads(text)
    updated_at = None if updated is None else moment(updated)
    event: Event
    if "post" in content:
        event = PostChanged(content["change"], Post.model_validate(content["post"]))
    elif "removed" in content:
        event = PostRemoved(Tombstone.model_validate(content["removed"]))
    else:
        blog = Blog.model_validate(content["blog"])
        event = BlogChanged(blog.model_copy(update={"posts": posts, "updated_at": updated_at}))
    return Record(sequence, posts, updated_at, event, epoch, None if committed is None else moment(int(committed)))


def load_entry(text: str) -> Entry:
    """A post, or the tombstone of one."""
    fields = json.loads(text)
    if fields["status"] == "deleted":
        return Tombstone.model_validate(fields)
    return Post.model_validate(fields)


def dump_revision(revision: Revision) -> str:
    """One line of a post's history."""
    head = _dump({"revision": revision.revision, "at": rfc3339(revision.at), "by": revision.by})
    return f'{head[:-1]},"post":{revision.post.model_dump_json()}}}'


def load_revision(text: str) -> Revision:
    """The inverse of `dump_revision`."""
    line = json.loads(text)
    return Revision(
        revision=line["revision"],
        at=datetime.fromisoformat(line["at"]),
        by=line["by"],
        post=load_entry(_dump(line["post"])),
    )


def dump_token(token: TokenRecord) -> str:
    """A token as kept."""
    return _dump(
        {
            "id": token.id,
            "digest": token.digest,
            "name": token.name,
            "scopes": token.scopes,
            "blogs": token.blogs,
            "created_at": rfc3339(token.created_at),
            "expires_at": token.expires_at and rfc3339(token.expires_at),
        }
    )


def load_token(text: str) -> TokenRecord:
    """The inverse of `dump_token`."""
    fields = json.loads(text)
    return TokenRecord(
        id=fields["id"],
        digest=fields["digest"],
        name=fields["name"],
        scopes=tuple(fields["scopes"]),
        blogs=tuple(fields["blogs"]),
        created_at=datetime.fromisoformat(fields["created_at"]),
        expires_at=fields["expires_at"] and datetime.fromisoformat(fields["expires_at"]),
    )
