"""The authors of blogs and posts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stoppress.fields import Line, Url
from stoppress.model.frozen import Frozen


class Author(Frozen):
    """A person who wrote or reported."""

    name: Annotated[Line, Field(min_length=1)]
    role: Line | None = None
    url: Url | None = None
    image: Url | None = None
