"""The fields of a blog. `BlogFields` has those that an editor may write, and `Blog` adds those that the server sets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stoppress.fields import AUTHORS_MAX, Language, Line, Text, Time, Timezone, Title
from stoppress.model.author import Author
from stoppress.model.frozen import Frozen, Identity

BlogStatus = Literal["scheduled", "live", "paused", "ended", "archived"]


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


class Blog(BlogFields, Identity):
    """A blog's public state. `posts` is the number of published posts."""

    created_at: Time = Field(description="The time at which the blog was created.")
    updated_at: Time | None = Field(None, description="The time of the last update, as readers see it.")
    posts: Annotated[int, Field(ge=0)] = Field(0, description="The number of published posts.")
