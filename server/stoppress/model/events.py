"""The events: what a change of a blog tells its readers.

A post was published or changed, a post was removed, or the blog itself changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stoppress.model.blog import Blog
from stoppress.model.post import Post
from stoppress.model.tombstone import Tombstone

Change = Literal["published", "edited", "corrected", "moved", "pinned", "unpinned", "restored"]


@dataclass(frozen=True, slots=True)
class PostChanged:
    """A post was published or changed. Readers put it in its place."""

    change: Change
    post: Post


@dataclass(frozen=True, slots=True)
class PostRemoved:
    """A post was deleted. Readers remove it, and remember the revision."""

    tombstone: Tombstone


@dataclass(frozen=True, slots=True)
class BlogChanged:
    """The blog itself changed. The store fills in its `posts` and `updated_at`."""

    blog: Blog


Event = PostChanged | PostRemoved | BlogChanged


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that a newer version wrote and this version can't read. It is never written.

    It changes nothing that readers see, but it has a sequence number, so their cursors move past it.
    """
