"""The contract between Stop Press and whatever keeps its blogs.

Order.       Each blog has one history. A change takes the next sequence number (1, 2, 3 … without a gap) in the
             same atomic step that writes the state, so whoever reads the history sees what the state became.
Epoch.       A history has an epoch, made when its blog is made. Sequences of two epochs can't be compared.
Durability.  When `commit` returns, the change is kept as surely as configured. When it raises Unavailable, the
             change either did not happen, or happened whole; the same commit tried again finds out which by its
             Attempt or by the revision.
Revisions.   A commit names the revision it replaces. If another came first, StaleRevision is raised and nothing
             changes.
Drafts.      What is not published is kept under keys of its own, and no method for readers (`page`, `since`,
             `published`, `read`) touches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from stoppress.model import Blog, Cursor, Event, Post, Record, Tombstone

Order = Literal["newest", "oldest"]
Entry = Post | Tombstone


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request that may be retried: `key` names it, `fingerprint` is a hash of what it asks for.

    The key is remembered for `seconds`. (Idempotency-Key, draft-ietf-httpapi-idempotency-key-header.)
    """

    key: str
    fingerprint: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Revision:
    """Who made which revision of a post, when; `post` is the whole post as it then was."""

    revision: int
    at: datetime
    by: str
    post: Entry


@dataclass(frozen=True, slots=True)
class Due:
    """A note that a scheduled post comes out at `at`. Only a note: the post itself decides."""

    at: datetime
    blog: str
    post: str
    revision: int


@dataclass(frozen=True, slots=True)
class Committed:
    """`cursor` is where the blog then stood. `entry` is what was written: by an earlier try if `replayed`."""

    cursor: Cursor
    entry: Entry | Blog
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Replace `before` by `after`, and append `event` to the blog's history (None: readers learn nothing, as with a
    draft). `noticed` is when readers should see the blog as updated by it, if at all."""

    before: Entry | None
    after: Entry
    event: Event | None
    noticed: datetime | None = None


@dataclass(frozen=True, slots=True)
class BlogState:
    """A blog with its counts, as of `cursor`."""

    blog: Blog
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of posts: just behind the post `id`, published at `published_at`."""

    published_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some posts in order, the blog, and the cursor: all of one moment. `next` is where the next page starts, `total`
    how many posts the index holds."""

    blog: Blog
    cursor: Cursor
    posts: tuple[Post, ...]
    next: Place | None
    total: int = 0


@dataclass(frozen=True, slots=True)
class Since:
    """What changed after a cursor, compacted to the last record of each post (and of the blog), in sequence order.

    Applied one by one, each record brings a client from its cursor to the record's own; after the last one, if
    not `more`, it stands at `head`.
    """

    blog: Blog
    head: Cursor
    records: tuple[Record, ...]
    more: bool


class Store(Protocol):
    """Everything but the tail. Each method raises Unavailable when the store can't be reached in time."""

    async def create_blog(self, blog: Blog, *, by: str, attempt: Attempt | None = None) -> Committed:
        """Make `blog`, with a new epoch. Raises Conflict when its id is taken, Invalid when the attempt's key was
        used for something else."""

    async def change_blog(self, blog: Blog, *, by: str, noticed: datetime | None) -> Committed:
        """Replace the blog by `blog`, whose revision must be the current one plus one. `noticed` is when readers
        should see it as updated, if at all. Raises StaleRevision, NotFound."""

    async def delete_blog(self, blog: str, *, revision: int | None = None) -> bool:
        """Take the blog away with every key of it; False when there was none. Raises StaleRevision when another
        revision than the given one stands."""

    async def commit(self, change: Change, *, by: str, at: datetime, attempt: Attempt | None = None) -> Committed:
        """Make one change: `by` and `at` are for the post's history. Raises StaleRevision (when `change.before` is not
        what stands), NotFound (no such blog), Conflict (the blog is archived), Invalid (the attempt's key was used for
        something else)."""

    async def commit_all(
        self, changes: Sequence[Change], *, by: str, at: datetime, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        """Make new posts of one blog, all of them or none, in one atomic step: `before` is None in each, and the ids
        differ. In order; each with the cursor at which readers have it. Raises as `commit`."""

    async def attempted(self, blog: str, attempt: Attempt) -> Sequence[Committed]:
        """What an earlier try with this attempt's key wrote in the blog; nothing if there was none. Raises Invalid when
        the key was used for something else."""

    async def remember(self, attempt: Attempt, answer: str) -> tuple[str, bool]:
        """Keep the answer of what is done outside of any blog, unless an earlier try has kept one: the answer that
        counts, and whether it is an earlier one. Raises Invalid when the key was used for something else."""

    async def reserve_id(self, attempt: Attempt, candidate: str) -> str:
        """The id that tries with this attempt's key use: `candidate`, or that of an earlier try."""

    async def blog(self, blog: str) -> BlogState | None:
        """The blog, or None."""

    async def blogs(self, *, after: str | None, limit: int) -> tuple[Sequence[BlogState], str | None]:
        """Blogs by id, those behind `after`, and the `after` of the next page."""

    async def published(self, blog: str, post: str) -> Entry | None:
        """A published post or the tombstone of one; never a draft."""

    async def entry(self, blog: str, post: str) -> Entry | None:
        """A post whatever its status: for editors only."""

    async def drafts(self, blog: str) -> Sequence[Post]:
        """All drafts and scheduled posts of a blog, by id: for editors only."""

    async def revisions(self, blog: str, post: str) -> Sequence[Revision]:
        """All revisions of a post, oldest first: for editors only."""

    async def page(
        self,
        blog: str,
        *,
        order: Order = "newest",
        after: Place | None = None,
        limit: int,
        index: str = "all",
        skip: int = 0,
    ) -> Page | None:
        """Published posts in order of `published_at`, then id. `index` is `all`, `key`, `pinned` or `tag:NAME`;
        `skip` passes over as many first. None when there is no such blog."""

    async def position(self, blog: str, post: str) -> int | None:
        """How many published posts of the blog are older than this one; None when it is not published."""

    async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
        """What changed after sequence number `after`, at most `limit` records. None when there is no such blog."""

    async def note_due(self, due: Due) -> None:
        """Note that a post is to come out; to be called before the post itself is written."""

    async def due(self, now: datetime, *, limit: int) -> Sequence[Due]:
        """What should have come out by now, the earliest first."""

    async def forget_due(self, due: Due) -> None:
        """Take exactly this note away; another of the same post stays."""

    async def ping(self) -> None:
        """Return when the store answers and takes writes. Raises Unavailable."""

    async def close(self) -> None:
        """Let all connections go."""


class Log(Protocol):
    """The histories as they grow: one reader, many blogs."""

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        """The records behind these sequence numbers, as soon as there are some, or nothing after `wait` seconds.
        In sequence order; a first record that is not the next one means that the stream was trimmed meanwhile, and one
        of another epoch that the blog was deleted and made anew. Raises Unavailable."""

    async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        """Where each blog stands; None where there is no such blog. Raises Unavailable."""

    async def begun(self, *, wait: float) -> Sequence[str]:
        """The blogs that were made since the last call, as soon as there are some, or none after `wait` seconds. The
        first call only counts what is made from then on. A blog may be missing, such as one that a process of an older
        version made. One task at a time may call this. Raises Unavailable."""

    async def close(self) -> None:
        """Let the connection go."""
