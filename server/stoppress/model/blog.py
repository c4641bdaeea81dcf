"""The fields of a blog. `BlogFields` has those that an editor may write, and `Blog` adds those that the server sets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from stoppress.fields import AUTHORS_MAX, Language, Line, Text, Time, Timezone, Title
from stoppress.model.author import Author
from stoppress.model.frozen import Frozen, Identity

BlogStatus = Literal["scheduled", "live", "paused", "ended", "archived"]
Visibility = Literal["public", "private"]


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
    visibility: Visibility = Field(
        "public",
        description="Who may read the blog. A `private` one does not exist for anybody without a token that has the "
        "scope `read`. A blog created as `scheduled` is private by default, and becomes public when it goes live.",
    )


class Blog(BlogFields, Identity):
    """A blog's public state. `posts` is the number of published posts."""

    created_at: Time = Field(description="The time at which the blog was created.")
    updated_at: Time | None = Field(None, description="The time of the last update, as readers see it.")
    posts: Annotated[int, Field(ge=0)] = Field(0, description="The number of published posts.")
    opens_when_live: SkipJsonSchema[bool] = Field(False, exclude=True)  # private only until it goes live; never sent

    @property
    def private(self) -> bool:
        """Whether readers may not know of the blog."""
        return self.visibility == "private"
