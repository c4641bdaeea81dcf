"""Blogs, posts, and the events that change them.

Everything here is frozen and pure. `BlogFields` and `PostFields` have the fields that an editor may write, each defined
once with its limit (fields.py). `Blog` and `Post` add the fields that only the server sets. The API's schemas are made
from these classes.

Texts are plain text, except `Post.body`, which is sanitised HTML (sanitize.py) by the time a Post exists. Times are
aware datetimes in UTC, to the millisecond, and RFC 3339 on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from stoppress.fields import (
    AUTHORS_MAX,
    LINKS_MAX,
    MEDIA_MAX,
    TAGS_MAX,
    Body,
    Id,
    Language,
    Line,
    Srcset,
    Tag,
    Text,
    Time,
    Timezone,
    Title,
    Url,
)
from stoppress.fields import rfc3339 as rfc3339  # part of the model's interface: how its times are written

BlogStatus = Literal["scheduled", "live", "paused", "ended", "archived"]
PostStatus = Literal["draft", "scheduled", "published", "deleted"]


class Frozen(BaseModel):
    """The base of all models: immutable, and unknown fields are rejected.

    Stored values may come from a newer version, and are read more tolerantly: see store/records.py.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(Frozen):
    """A person who wrote or reported."""

    name: Annotated[Line, Field(min_length=1)]
    role: Line | None = None
    url: Url | None = None
    image: Url | None = None


class Image(Frozen):
    """A picture. `width` and `height`, in pixels, reserve its space on the page before it has loaded."""

    type: Literal["image"]
    url: Url
    alt: Text = ""
    caption: Text | None = None
    credit: Line | None = None
    width: Annotated[StrictInt, Field(ge=1, le=20_000)] | None = None
    height: Annotated[StrictInt, Field(ge=1, le=20_000)] | None = None
    srcset: Srcset | None = None


class Embed(Frozen):
    """Content hosted elsewhere. It is shown as a card, and loaded only when the reader asks for it."""

    type: Literal["embed"]
    url: Url
    provider: Line | None = None
    title: Line | None = None
    thumbnail: Url | None = None


Media = Annotated[Image | Embed, Field(discriminator="type")]


class Link(Frozen):
    """A link to further reading."""

    url: Url
    title: Annotated[Line, Field(min_length=1)]


class BlogFields(Frozen):
    """The fields of a blog that an editor may write."""

    title: Annotated[Title, Field(min_length=1)]
    description: Text | None = Field(None, description="The standfirst: a short text under the headline.")
    byline: Line | None = Field(None, description="The byline as printed, such as `By A, B and C`.")
    authors: Annotated[tuple[Author, ...], Field(max_length=AUTHORS_MAX)] = ()
    timezone: Timezone = Field("UTC", description="The time zone in which times are shown: an IANA name.")
    language: Language = Field(
        "en", description="A BCP 47 tag. It sets the page's language, text direction and date format."
    )
    status: BlogStatus = "live"


class _Identity(Frozen):
    """The first fields of every answer."""

    id: Id = Field(description="The id. It never changes.")
    revision: Annotated[int, Field(ge=1)] = Field(description="The revision's number. It begins at 1.")


class Blog(BlogFields, _Identity):
    """A blog's public state. `posts` is the number of published posts."""

    created_at: Time = Field(description="The time at which the blog was created.")
    updated_at: Time | None = Field(None, description="The time of the last update, as readers see it.")
    posts: Annotated[int, Field(ge=0)] = Field(0, description="The number of published posts.")


class PostFields(Frozen):
    """The fields of a post that an editor may write."""

    title: Title | None = Field(None, description="The headline. A short post may do without one.")
    body: Body = Field(
        "",
        description="The text: HTML or Markdown in requests, sanitised HTML in responses. Elements may be nested at "
        "most 500 deep.",
    )
    byline: Line | None = Field(None, description="The byline as printed.")
    authors: Annotated[tuple[Author, ...], Field(max_length=AUTHORS_MAX)] = ()
    pinned: StrictBool = Field(False, description="Whether the post is also shown at the top of the page.")
    key: StrictBool = Field(False, description="Whether the post is a key event, which the summary lists.")
    key_title: Title | None = Field(None, description="A short title for the summary of key events.")
    media: Annotated[tuple[Media, ...], Field(max_length=MEDIA_MAX)] = ()
    links: Annotated[tuple[Link, ...], Field(max_length=LINKS_MAX)] = ()
    notes: Text | None = Field(None, description="Notes below the post, such as who contributed.")
    correction: Text | None = Field(None, description="The text of a correction, shown with the post.")
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX)] = ()


class _PostIdentity(_Identity):
    """The fields of a post that the server sets: which blog it is in, its status, and its times."""

    blog: Id = Field(description="The id of the post's blog.")
    status: PostStatus
    created_at: Time = Field(description="The time at which the post was created.")
    published_at: Time | None = Field(
        None, description="The time of first publication. Posts are in the order of this time."
    )
    updated_at: Time | None = Field(
        None, description="The time that readers see: that of the last edit that was not `silent`."
    )
    publish_at: Time | None = Field(None, description="The time at which a scheduled post is published.")


class Post(PostFields, _PostIdentity):
    """One post in one revision. A draft has no `published_at` unless its editor set one."""

    body_format: Literal["html"] = "html"


class Tombstone(Frozen):
    """What remains of a deleted post: its id, its blog, and the revision of its deletion."""

    id: Id
    blog: Id
    revision: Annotated[int, Field(ge=1)]
    status: Literal["deleted"] = "deleted"


Change = Literal["published", "edited", "corrected", "moved", "pinned", "unpinned", "restored"]


@dataclass(frozen=True, slots=True)
class PostChanged:
    """A post was published or changed. Readers put it in its place."""

    change: Change
    post: Post


@dataclass(frozen=True, slots=True)
class PostRemoved:
    """A post was deleted. Readers remove it, and remember the revision."""

    tombstone: Tombstone


@dataclass(frozen=True, slots=True)
class BlogChanged:
    """The blog itself changed. The store fills in its `posts` and `updated_at`."""

    blog: Blog


Event = PostChanged | PostRemoved | BlogChanged


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that a newer version wrote and this version can't read. It is never written.

    It changes nothing that readers see, but it has a sequence number, so their cursors move past it.
    """


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A position in a blog's history, written `EPOCH.SEQUENCE`. Opaque to clients.

    The epoch changes when the history starts again, because the blog was deleted and created again. A cursor of another
    epoch can't be resumed.
    """

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a cursor.

        Raises:
            ValueError: `text` is not a cursor; the message holds the text.
        """
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise ValueError(f"expected a cursor EPOCH.SEQUENCE, but got {text[:80]!r}")
        return cls(match[1], int(match[2]))


# Fifteen digits stay exact in every client's numbers (2**53) and in the store's scores.
_CURSOR = re.compile(r"([A-Za-z0-9_-]{1,32})\.(0|[1-9][0-9]{0,14})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """An event as stored, with its sequence number and the blog's counts after it.

    `epoch` is that of its history. `committed` is when the store wrote it, by the store's clock. Both are None where
    the source does not have them for each record; the stream does.
    """

    sequence: int
    posts: int
    updated_at: datetime | None
    event: Event | UnknownEvent
    epoch: str | None = None
    committed: datetime | None = field(default=None, compare=False)


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
