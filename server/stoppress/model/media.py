"""The media of a post: images, and embeds, which are hosted elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from stoppress.fields import Line, Srcset, Text, Url
from stoppress.model.frozen import Frozen


class Image(Frozen):
    """A picture. `width` and `height`, in pixels, reserve its space on the page before it has loaded."""

    type: Literal["image"]
    url: Url
    alt: Text = ""
    decorative: StrictBool = False
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
