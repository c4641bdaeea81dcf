"""Checks the ids of the blog and the post in a request's path. A malformed id is 404."""

from __future__ import annotations

import re

from starlette.requests import Request

from stoppress.errors import NotFound
from stoppress.fields import ID_PATTERN

_ID = re.compile(ID_PATTERN)


def check_path_ids(request: Request) -> None:
    """Check the ids in the request's path, without asking the store.

    Raises:
        NotFound: an id is malformed, so no blog or post can have it. The message holds the id.
    """
    for name in ("blog", "post"):
        given = request.path_params.get(name)
        if given is not None and not _ID.fullmatch(given):
            raise NotFound(f"there is no {name} {ascii(given)[:80]}: that is not a valid id")
