"""Whether an editor's change was made for what stands: the one check of a revision that a caller names."""

from __future__ import annotations

from stoppress.errors import StaleRevision
from stoppress.model import Blog
from stoppress.store.base import Entry


def check_revision(current: Entry | Blog, expected: int | None) -> None:
    """Return when `expected` is the revision of `current`, or None: the caller names none.

    Raises:
        StaleRevision: another revision stands; carries `current`.
    """
    if expected is not None and expected != current.revision:
        raise StaleRevision(
            f"revision {expected} was expected, but {current.revision} stands", current.model_dump(mode="json")
        )
