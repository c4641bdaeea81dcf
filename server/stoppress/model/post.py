"""The fields of a post, such as its text, its links, its correction and whether it is pinned.

`PostFields` has those that an editor may write, and `Post` adds those that the server sets.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from stoppress.fields import AUTHORS_MAX, LINKS_MAX, MEDIA_MAX, TAGS_MAX, Body, Id, Line, Tag, Text, Time, Title, Url
from stoppress.model.author import Author
from stoppress.model.frozen import Frozen, Identity
from stoppress.model.media import Media

PostStatus = Literal["draft", "scheduled", "published", "deleted"]


class Link(Frozen):
    """A link to further reading."""

    url: Url
    title: Annotated[Line, Field(min_length=1)]


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


class _PostIdentity(Identity):
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
