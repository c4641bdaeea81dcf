"""What remains of a post after its deletion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stoppress.fields import Id
from stoppress.model.frozen import Frozen


class Tombstone(Frozen):
    """What remains of a deleted post: its id, its blog, and the revision of its deletion."""

    id: Id
    blog: Id
    revision: Annotated[int, Field(ge=1)]
    status: Literal["deleted"] = "deleted"
