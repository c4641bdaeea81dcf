"""A blog's history without a server, for tests of the hub: base.Log and what the hub asks of base.Store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from stoppress.errors import Unavailable
from stoppress.hub.encoded_message import Message
from stoppress.model import (
    Blog,
    BlogChanged,
    Cursor,
    Event,
    Post,
    PostChanged,
    PostRemoved,
    Record,
    Tombstone,
    UnknownEvent,
)
from stoppress.store.base import BlogState, Since
from stoppress.wire.messages import SummaryMarkup

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


def a_blog(blog: str = "regatta", **fields: object) -> Blog:
    """The lake regatta, live."""
    return Blog.model_validate({"id": blog, "title": "Lake regatta", "revision": 1, "created_at": NOON} | fields)


def a_post(post: str, revision: int = 1, body: str = "<p>The wind turns.</p>", blog: str = "regatta") -> Post:
    """One post of it."""
    return Post(
        id=post, blog=blog, revision=revision, status="published", body=body, created_at=NOON, published_at=NOON
    )


class PlainMarkup:
    """Markup one can read."""

    def post(self, blog: Blog, post: Post) -> str:
        """The post, and what the blog counted."""
        return f"<article id={post.id}>{post.revision} of {blog.posts}</article>"

    def header(self, blog: Blog) -> str:
        """The title."""
        return f"<header>{blog.title}</header>"

    def summary(self, blog: Blog, post: Post) -> SummaryMarkup:
        """Nothing more."""
        return {}

    def dateline(self, blog: Blog) -> str:
        """The count."""
        return f"<p>{blog.posts} posts</p>"


def a_message(body: str) -> Message:
    """One post with this body, ready to be written."""
    record = Record(1, 1, NOON, PostChanged("published", a_post("a", body=body)))
    return Message(record, a_blog(), "e1", PlainMarkup())


class HistoryInMemory:
    """Some blogs. The stream may be trimmed, held back or broken, and a blog deleted or begun anew."""

    def __init__(self, *blogs: Blog) -> None:
        self.stored: dict[str, Blog] = {}
        self.epochs: dict[str, str] = {}
        self.records: dict[str, list[Record]] = {}
        self.trimmed: dict[str, int] = {}
        self.broken: Exception | None = None
        self.held = False
        self.asked: list[str] = []
        self.reading = 0  # reads that wait for a change
        self._made = 0
        self._moved = asyncio.Event()
        self._announced: list[str] = []
        self._birth = asyncio.Event()
        for blog in blogs or (a_blog(),):
            self.begin(blog)

    # What an editor does

    def begin(self, blog: Blog, *, announced: bool = False) -> None:
        """Make the blog, or make it anew: an epoch of its own, nothing in it. `announced`: `begun` tells of it."""
        self._made += 1
        self.stored[blog.id] = blog
        self.epochs[blog.id] = f"e{self._made}"
        self.records[blog.id] = []
        self.trimmed[blog.id] = 0
        if announced:
            self._announced.append(blog.id)
            self._birth.set()

    def delete(self, blog: str = "regatta") -> None:
        """Take the blog away."""
        del self.stored[blog], self.epochs[blog], self.records[blog], self.trimmed[blog]

    def publish(self, *posts: str, body: str = "<p>The wind turns.</p>", blog: str = "regatta") -> Cursor:
        """Each of the posts in its next revision: published, or edited."""
        for post in posts:
            revision = self._revision(blog, post) + 1
            kind = "published" if revision == 1 else "edited"
            self._append(blog, PostChanged(kind, a_post(post, revision, body, blog)))  # type: ignore[arg-type]
        return self.head(blog)

    def remove(self, post: str, blog: str = "regatta") -> Cursor:
        """Delete the post."""
        self._append(blog, PostRemoved(Tombstone(id=post, blog=blog, revision=self._revision(blog, post) + 1)))
        return self.head(blog)

    def change(self, blog: str = "regatta", **fields: object) -> Cursor:
        """Change the blog itself."""
        before = self.stored[blog]
        after = before.model_copy(update={"revision": before.revision + 1, **fields})
        self._append(blog, BlogChanged(after))
        return self.head(blog)

    def baffle(self, blog: str = "regatta") -> Cursor:
        """Something of a newer version, which this one can't read."""
        self._append(blog, UnknownEvent())
        return self.head(blog)

    def _revision(self, blog: str, post: str) -> int:
        entry = self.state(blog).get(post)
        return entry.revision if entry else 0

    def _append(self, blog: str, event: Event | UnknownEvent) -> None:
        records = self.records[blog]
        entries = self.state(blog)
        match event:
            case PostChanged(post=new) | PostRemoved(tombstone=new):
                entries[new.id] = new
            case BlogChanged(blog=after):
                self.stored[blog] = after
            case UnknownEvent():
                pass
        posts = sum(isinstance(entry, Post) for entry in entries.values())
        sequence = len(records) + 1
        updated = NOON + timedelta(minutes=sequence)
        records.append(Record(sequence, posts, updated, event, self.epochs[blog], datetime.now(UTC)))
        self._moved.set()

    # What happens to the stream

    def trim(self, before: int, blog: str = "regatta") -> None:
        """Let the stream forget records up to `before`; the posts themselves stay."""
        self.trimmed[blog] = before

    def hold(self, held: bool) -> None:
        """While held, reads find nothing."""
        self.held = held
        self._moved.set()

    def cut(self, error: Exception | None) -> None:
        """While cut, reads raise `error`."""
        self.broken = error
        self._moved.set()

    # What a test wants to know

    def head(self, blog: str = "regatta") -> Cursor:
        """Where the blog stands."""
        return Cursor(self.epochs[blog], len(self.records[blog]))

    def state(self, blog: str = "regatta") -> dict[str, Post | Tombstone]:
        """Each post as it now is."""
        entries: dict[str, Post | Tombstone] = {}
        for record in self.records[blog]:
            match record.event:
                case PostChanged(post=new) | PostRemoved(tombstone=new):
                    entries[new.id] = new
                case BlogChanged() | UnknownEvent():
                    pass
        return entries

    # base.Log

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        """See base.Log."""
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            if self.broken is not None:
                raise self.broken
            found = {
                blog: kept
                for blog, sequence in after.items()
                if (
                    kept := [
                        record
                        for record in self.records.get(blog, ())
                        if record.sequence > max(sequence, self.trimmed[blog])
                    ]
                )
            }
            if found and not (self.held and wait):
                return found
            self._moved.clear()
            self.reading += 1
            try:
                async with asyncio.timeout_at(deadline):
                    await self._moved.wait()
            except TimeoutError:
                return {}
            finally:
                self.reading -= 1

    async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        """See base.Log."""
        self.asked.append("heads")
        if isinstance(self.broken, Unavailable):
            raise self.broken
        return {blog: self.head(blog) if blog in self.stored else None for blog in blogs}

    async def begun(self, *, wait: float) -> Sequence[str]:
        """See base.Log."""
        if self.broken is not None:
            raise self.broken
        self._birth.clear()
        if not self._announced:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._birth.wait()
        told, self._announced = self._announced, []
        return told

    async def close(self) -> None:
        """See base.Log."""

    # base.Store

    async def blog(self, blog: str) -> BlogState | None:
        """See base.Store."""
        self.asked.append("blog")
        if self.broken is not None:
            raise self.broken
        return self._blog(blog) if blog in self.stored else None

    def _blog(self, blog: str) -> BlogState:
        records = self.records[blog]
        counts = {"posts": records[-1].posts, "updated_at": records[-1].updated_at} if records else {}
        return BlogState(self.stored[blog].model_copy(update=counts), self.head(blog))

    async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
        """See base.Store."""
        self.asked.append("since")
        if self.broken is not None:
            raise self.broken
        if blog not in self.stored:
            return None
        last: dict[str | None, Record] = {}
        for record in self.records[blog]:
            match record.event:
                case PostChanged(post=new) | PostRemoved(tombstone=new):
                    last[new.id] = record
                case BlogChanged() | UnknownEvent():
                    last[None] = record
        changed = sorted((r for r in last.values() if r.sequence > after), key=lambda r: r.sequence)
        state = self._blog(blog)
        return Since(state.blog, state.cursor, tuple(changed[:limit]), more=len(changed) > limit)


@st.composite
def histories(draw: st.DrawFn) -> HistoryInMemory:
    """Up to thirty changes of up to four posts and the blog."""
    history = HistoryInMemory()
    for step in draw(st.lists(st.sampled_from(["a", "b", "c", "d", "-a", "-b", "-c", "blog"]), max_size=30)):
        if step == "blog":
            history.change(title=f"Lake regatta, {len(history.records['regatta'])}")
        elif step.startswith("-"):
            history.remove(step[1:])
        else:
            history.publish(step)
    return history
