"""The base of all models, and the fields that begin every answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from stoppress.fields import Id


class Frozen(BaseModel):
    """The base of all models: immutable, and unknown fields are rejected.

    Stored values may come from a newer version, and are read more tolerantly: see store/record_format.py.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(Frozen):
    """The first fields of every answer."""

    id: Id = Field(description="The id. It never changes.")
    revision: Annotated[int, Field(ge=1)] = Field(description="The revision's number. It begins at 1.")
