"""Checks that a change was made for the current revision, if the caller names one."""

from __future__ import annotations

from stoppress.errors import StaleRevision
from stoppress.model import Blog
from stoppress.store.base import Entry


def check_revision(current: Entry | Blog, expected: int | None) -> None:
    """Return if `expected` is the revision of `current`, or None because the caller named no revision.

    Raises:
        StaleRevision: the current revision is another one; the error carries `current`.
    """
    if expected is not None and expected != current.revision:
        raise StaleRevision(
            f"expected revision {expected}, but the current one is {current.revision}", current.model_dump(mode="json")
        )
