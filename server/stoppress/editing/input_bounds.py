"""Checks how large the lists and objects of an editor's input are, before anything else is checked.

pydantic checks every item of a list that is too long, and keeps an error of some hundred bytes for each wrong one. A
body of 1 MB has room for 500,000 wrong items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from annotated_types import MaxLen
from pydantic import BaseModel

from stoppress.errors import FieldError

MEMBERS_MAX = 50  # members of an object. The largest model, a post to create, has fewer than 30 fields.


def out_of_bounds(model: type[BaseModel], content: Mapping[str, Any]) -> Iterator[FieldError]:
    """An error for each list of `content` that is longer than `model` allows, and each object with too many members.

    It looks only at what the model would read: the object itself, its lists, and the objects in these.
    """
    if len(content) > MEMBERS_MAX:
        yield _too_many_members("", content)
        return
    for name, field in model.model_fields.items():
        value = content.get(name)
        if not isinstance(value, list):
            continue
        most = next((mark.max_length for mark in field.metadata if isinstance(mark, MaxLen)), None)
        if most is not None and len(value) > most:
            yield FieldError(f"/{name}", f"expected at most {most} items, but got {len(value)}")
            continue
        for i, item in enumerate(value):
            if isinstance(item, dict) and len(item) > MEMBERS_MAX:
                yield _too_many_members(f"/{name}/{i}", item)


def _too_many_members(pointer: str, content: Mapping[str, Any]) -> FieldError:
    return FieldError(pointer, f"expected an object of at most {MEMBERS_MAX} members, but got {len(content)}")
