"""Checks that a change was made for the current revision, if the caller names one. The code is pure."""

from __future__ import annotations

from stoppress.editing.visible_fields import may_read
from stoppress.errors import StaleRevision
from stoppress.model import Blog
from stoppress.store.base import Entry
from stoppress.token_scopes import Caller


def check_revision(current: Entry | Blog, expected: int | None, caller: Caller) -> None:
    """Return if `expected` is the revision of `current`, or None because the caller named no revision.

    Check the caller's permission to make the change first.

    Raises:
        StaleRevision: the current revision is another one. The error carries `current` if the caller may read it.
    """
    if expected is not None and expected != current.revision:
        shown = current.model_dump(mode="json") if isinstance(current, Blog) or may_read(current, caller) else None
        raise StaleRevision(f"expected revision {expected}, but the current one is {current.revision}", shown)
