"""How events, records and tokens are stored: as JSON texts, which are read back into the model's frozen types.

Processes of two versions may share a store, so a newer version may have written what is read here. Reading is therefore
tolerant (docs/decisions/0045):

- unknown fields, and additional members of a record, are ignored;
- an item of a list that can't be read, such as a medium of an unknown `type`, is left out;
- an unknown status, time zone or language of a blog is read as the field's default, an unknown visibility as private;
- in a record, a post that still can't be read is read as removed, and anything that is neither post, removal nor blog
is read as UnknownEvent. So neither stops a tail.

Input from outside is checked strictly: editing/inputs.py, store/export_import.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from stoppress.model import (
    Blog,
    BlogChanged,
    Event,
    Post,
    PostChanged,
    PostRemoved,
    Record,
    Tombstone,
    UnknownEvent,
    rfc3339,
)
from stoppress.store.base import Entry, Revision
from stoppress.store.base_tokens import TokenRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Exact milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment(value: int) -> datetime:
    """The time that is `value` milliseconds after 1970: the inverse of `milliseconds`."""
    return _EPOCH + timedelta(milliseconds=value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _dump_post(post: Post) -> str:
    if not post.media:
        return post.model_dump_json()
    # Version 0.1 can't read `decorative`, so its default is left out.
    fields = post.model_dump(mode="json")
    for medium in fields["media"]:
        if medium.get("decorative") is False:
            del medium["decorative"]
    return _dump(fields)


def dump_event(event: Event) -> str:
    """An event as JSON, without what the store adds (see commit.lua)."""
    match event:
        case PostChanged(change=change, post=post):
            return f'{{"change":"{change}","post":{_dump_post(post)}}}'
        case PostRemoved(tombstone=tombstone):
            return f'{{"removed":{tombstone.model_dump_json()}}}'
        case BlogChanged(blog=blog):
            opens = ',"opens_when_live":true' if blog.opens_when_live else ""
            # Version 0.1 can't read `visibility`. It has no private blogs, so it only has to follow public ones.
            content = blog.model_dump_json(exclude=None if blog.private else {"visibility"})
            return f'{{"blog":{content}{opens}}}'


def load_record(text: str, epoch: str | None = None, committed: str | None = None) -> Record:
    """Parse a record, which commit.lua writes around an event of `dump_event`.

    `epoch` and `committed` (in ms) come from the record's entry in the stream.
    """
    sequence, posts, updated, content, *_ = json.loads(text)
    updated_at = None if updated is None else moment(updated)
    event = _load_event(content)
    if isinstance(event, BlogChanged):
        event = BlogChanged(event.blog.model_copy(update={"posts": posts, "updated_at": updated_at}))
    return Record(sequence, posts, updated_at, event, epoch, None if committed is None else moment(int(committed)))


def _load_event(content: Any) -> Event | UnknownEvent:
    try:
        match content:
            case {"post": fields, "change": change}:
                try:
                    return PostChanged(change, load_post(fields))
                except ValidationError:
                    # Hide the post rather than show part of it: its unknown status may mean that it is hidden.
                    identity = {name: fields[name] for name in ("id", "blog", "revision")}
                    return PostRemoved(Tombstone.model_validate(identity))
            case {"removed": fields}:
                return PostRemoved(_load(Tombstone, fields))
            case {"blog": fields}:
                blog = load_blog(fields)
                opens = content.get("opens_when_live") is True
                return BlogChanged(blog.model_copy(update={"opens_when_live": opens}))
    except (ValidationError, KeyError, TypeError):
        pass
    return UnknownEvent()


def load_post(fields: Any) -> Post:
    """A post that any version stored. Raises ValidationError, also for an unknown status."""
    return _load(Post, fields)


def load_blog(fields: Any) -> Blog:
    """A blog that any version stored. Raises ValidationError."""
    return _load(Blog, fields, {"status": "live", "visibility": "private", "timezone": "UTC", "language": "en"})


Model = TypeVar("Model", bound=BaseModel)
_NOTHING: Mapping[str, object] = {}


def _load(model: type[Model], fields: Any, otherwise: Mapping[str, object] = _NOTHING) -> Model:
    """`fields` as `model`, without the values that this version can't read.

    `otherwise` has defaults for fields whose value is unknown. Raises ValidationError.
    """
    try:
        return model.model_validate(fields, extra="ignore")
    except ValidationError as error:
        wrong = [line["loc"] for line in error.errors(include_url=False, include_context=False)]
        if not isinstance(fields, dict):
            raise
        readable = dict(fields)
        for name, value in fields.items():
            if isinstance(value, list):
                items = {path[1] for path in wrong if path[0] == name and len(path) > 1}
                readable[name] = [item for i, item in enumerate(value) if i not in items]
            elif name in otherwise and (name,) in wrong:
                readable[name] = otherwise[name]
        return model.model_validate(readable, extra="ignore")


def load_entry(text: str) -> Entry:
    """A post or its tombstone, as editors see it. An unknown status is read as `draft`.

    Raises ValidationError.
    """
    fields = json.loads(text)
    if fields["status"] == "deleted":
        return _load(Tombstone, fields)
    return _load(Post, fields, {"status": "draft"})


def dump_revision(revision: Revision) -> str:
    """A revision as one line of its post's history."""
    head = _dump({"revision": revision.revision, "at": rfc3339(revision.at), "by": revision.by})
    return f'{head[:-1]},"post":{revision.post.model_dump_json()}}}'


def load_revision(text: str) -> Revision:
    """Parse one line of a post's history: the inverse of `dump_revision`."""
    line = json.loads(text)
    return Revision(
        revision=line["revision"],
        at=datetime.fromisoformat(line["at"]),
        by=line["by"],
        post=load_entry(_dump(line["post"])),
    )


def check_revision(line: Any) -> None:
    """Check that `load_revision` leaves nothing of this line out.

    Raises ValidationError, KeyError or TypeError otherwise.
    """
    post = line["post"]
    (Tombstone if post["status"] == "deleted" else Post).model_validate(post)


def dump_token(token: TokenRecord) -> str:
    """A token as it is stored, in JSON."""
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
    """Parse a stored token: the inverse of `dump_token`."""
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
