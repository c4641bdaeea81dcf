"""The interface of the store, and what every implementation guarantees.

Order.       Each blog has one history. A change takes the next sequence number (1, 2, 3 … without a gap) in the
             atomic step that writes the state. So the history shows exactly what the state became.
Epoch.       Each history has an epoch, created with its blog. Sequence numbers of two epochs can't be compared.
Durability.  When `commit` returns, the change is as durable as configured. When it raises Unavailable, the change
             was either written completely or not at all. Retry the same commit to find out: its Attempt or its
             revision shows which.
Revisions.   A commit names the revision it replaces. If that is not the current one, StaleRevision is raised and
             nothing changes. A post's revisions are 1, 2, 3 …; a history may lack folded ones (see Change).
Drafts.      Unpublished posts have keys of their own. No method for readers (`page`, `since`, `published`, `read`)
             accesses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from stoppress.model import Blog, Cursor, Event, Post, Record, Tombstone

Order = Literal["newest", "oldest"]
Entry = Post | Tombstone

REVISIONS_MAX = 100  # revisions of a post to read at once
REVISIONS_BYTES = 1_000_000  # bytes of revisions to read at once; a single one may have more


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a request that may be retried.

    `key` identifies the request, and `fingerprint` is a hash of its content. The key is remembered for `seconds`.
    (Idempotency-Key, draft-ietf-httpapi-idempotency-key-header.)
    """

    key: str
    fingerprint: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a post: its number, when it was made and by whom. `post` is the whole post at that revision."""

    revision: int
    at: datetime
    by: str
    post: Entry


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """Some revisions of a post, in the order asked for, all read at one moment.

    `before` is the revision before the oldest of them, or None. `more` says whether others follow in this order.
    """

    revisions: tuple[Revision, ...]
    before: Revision | None
    more: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A note that a scheduled post is to be published at `at`. It is only a reminder: the post itself decides."""

    at: datetime
    blog: str
    post: str
    revision: int


@dataclass(frozen=True, slots=True)
class Committed:
    """The result of a commit.

    `cursor` is the blog's position after it, and `entry` is what was written. `replayed` means that an earlier attempt
    wrote it.
    """

    cursor: Cursor
    entry: Entry | Blog
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one post: replace `before` by `after`, and append `event` to the blog's history.

    `event` is None if readers see nothing of it, as with a draft. `noticed` is the blog's new `updated_at`, or None if
    readers should not see the blog as updated. `folds` is empty, or the id of a token: in the history, `after` then
    replaces the revision before it, if the same token made that one with `folds` less than a minute ago.
    """

    before: Entry | None
    after: Entry
    event: Event | None
    noticed: datetime | None = None
    folds: str = ""


@dataclass(frozen=True, slots=True)
class BlogState:
    """A blog with its counts, as of `cursor`."""

    blog: Blog
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the order of posts: directly after the post `id`, which was published at `published_at`."""

    published_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some posts in order, with their blog and its cursor, all read at one moment.

    `next` is where the next page starts, or None after the last. `total` is the number of posts in the index.
    """

    blog: Blog
    cursor: Cursor
    posts: tuple[Post, ...]
    next: Place | None
    total: int = 0


@dataclass(frozen=True, slots=True)
class Since:
    """The changes after a cursor, compacted to the last record of each post and of the blog, in sequence order.

    Each record, applied in turn, moves a client from its cursor to the record's own. After the last one the client is
    at `head`, unless there are `more`.
    """

    blog: Blog
    head: Cursor
    records: tuple[Record, ...]
    more: bool


class Store(Protocol):
    """Everything except reading the streams. Each method raises Unavailable if the store does not answer in time."""

    async def create_blog(self, blog: Blog, *, by: str, attempt: Attempt | None = None) -> Committed:
        """Create `blog` with a new epoch.

        Raises:
            Conflict: its id is taken.
            Invalid: the attempt's key was used for another request.
        """

    async def change_blog(self, blog: Blog, *, by: str, noticed: datetime | None) -> Committed:
        """Replace the stored blog by `blog`, whose revision must be the current one plus one.

        `noticed` is the blog's new `updated_at`, or None if readers should not see it as updated. Raises StaleRevision,
        NotFound.
        """

    async def delete_blog(self, blog: str, *, revision: int | None = None) -> bool:
        """Delete the blog and all its keys. False if there is no such blog.

        Raises:
            StaleRevision: `revision` is given, and is not the current one.
        """

    async def commit(self, change: Change, *, by: str, at: datetime, attempt: Attempt | None = None) -> Committed:
        """Write one change. `by` and `at` go into the post's history.

        Raises:
            StaleRevision: `change.before` is not the current revision.
            NotFound: there is no such blog.
            Conflict: the blog is archived.
            Invalid: the attempt's key was used for another request.
        """

    async def commit_all(
        self, changes: Sequence[Change], *, by: str, at: datetime, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        """Create posts of one blog, all of them or none, in one atomic step.

        `before` is None in each, and the ids differ.

        Returns the results in order, each with the cursor of its own change. Raises as `commit` does.
        """

    async def attempted(self, blog: str, attempt: Attempt) -> Sequence[Committed]:
        """What an earlier attempt with the same key wrote in the blog. Empty if there was none.

        Raises:
            Invalid: the key was used for another request.
        """

    async def remember(self, attempt: Attempt, answer: str) -> tuple[str, bool]:
        """Store the answer of a request outside of any blog, unless an earlier attempt has stored one.

        Returns the stored answer, and whether it is the earlier one.

        Raises:
            Invalid: the key was used for another request.
        """

    async def reserve_id(self, attempt: Attempt, candidate: str, *, chosen: bool) -> str:
        """The id for attempts with this key: `candidate`, or the one that an earlier attempt reserved.

        `chosen` says that the request itself names `candidate`, so no other id will do.

        Raises:
            Invalid: an earlier attempt reserved another id than the one chosen: it was another request.
        """

    async def blog(self, blog: str) -> BlogState | None:
        """The blog, or None if there is no such blog."""

    async def blogs(self, *, after: str | None, limit: int) -> tuple[Sequence[BlogState], str | None]:
        """At most `limit` blogs in order of their ids, starting after the id `after`.

        Also returns the `after` of the next page.
        """

    async def published(self, blog: str, post: str) -> Entry | None:
        """A published post, or its tombstone. Never a draft."""

    async def entry(self, blog: str, post: str) -> Entry | None:
        """A post in any status, or its tombstone. For editors only."""

    async def drafts(self, blog: str) -> Sequence[Post]:
        """All drafts and scheduled posts of a blog, in order of their ids. For editors only."""

    async def revisions(
        self, blog: str, post: str, *, order: Order = "oldest", after: int | None = None, limit: int = REVISIONS_MAX
    ) -> RevisionPage:
        """At most `limit` revisions of a post, after the revision `after` in this order. For editors only. They have at
        most REVISIONS_BYTES bytes as stored, but a single one may have more."""

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
        """Published posts in order of `published_at`, then id. None if there is no such blog.

        `index` is `all`, `key`, `pinned` or `tag:NAME`. `skip` is the number of posts to leave out at the start.
        """

    async def position(self, blog: str, post: str) -> int | None:
        """The number of published posts in the blog that are older than this one. None if it is not published."""

    async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
        """The changes after sequence number `after`, at most `limit` records. None if there is no such blog."""

    async def note_due(self, due: Due) -> None:
        """Note when a post is to be published. Call it before you write the post itself."""

    async def due(self, now: datetime, *, limit: int) -> Sequence[Due]:
        """The notes that are due at `now`, the earliest first."""

    async def forget_due(self, due: Due) -> None:
        """Remove exactly this note. Other notes of the same post stay."""

    async def ping(self) -> None:
        """Return if the store answers and accepts writes. Raises Unavailable otherwise."""

    async def close(self) -> None:
        """Close all connections."""


class Log(Protocol):
    """The streams of many blogs, for one reader."""

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        """Wait for records after these sequence numbers. Empty after `wait` seconds without any.

        Each blog's records are in sequence order. If the first is not the next one, the stream was trimmed meanwhile.
        If it has another epoch, the blog was deleted and created again. Raises Unavailable.
        """

    async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        """The head of each blog, or None where there is no such blog. Raises Unavailable."""

    async def begun(self, *, wait: float) -> Sequence[str]:
        """The blogs that were made since the last call, as soon as there are some, or none after `wait` seconds. The
        first call only counts what is made from then on. A blog may be missing, such as one that a process of an older
        version made. One task at a time may call this. Raises Unavailable."""

    async def close(self) -> None:
        """Close the connection."""
