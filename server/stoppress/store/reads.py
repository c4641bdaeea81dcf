"""Reads blogs and posts from Redis: for everybody, and, from separate keys, drafts for editors.

What must be from one moment is read by one script: a page, catch-up, a blog, a post. The scripts are marked
`no-writes`, and no read uses MULTI: a server whose memory is full refuses every command within MULTI.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stoppress.errors import Unavailable
from stoppress.loop_turns import LoopTurns
from stoppress.model import Blog, BlogChanged, Cursor, Post, PostChanged, PostRemoved, UnknownEvent
from stoppress.store.base import (
    REVISIONS_BYTES,
    REVISIONS_MAX,
    BlogState,
    Entry,
    Order,
    Page,
    Place,
    RevisionPage,
    Since,
)
from stoppress.store.record_format import load_entry, load_record, load_revision, milliseconds, moment
from stoppress.store.redis_connection import Client, reachable, script
from stoppress.store.redis_keys import BLOGS, Keys


class Reading:
    """The part of base.Store that changes nothing."""

    def __init__(self, reads: Client) -> None:
        self.reads = reads
        self._page = reads.register_script(script("page"))
        self._since = reads.register_script(script("since"))
        self._blog_state = reads.register_script(script("blog_state"))
        self._entry = reads.register_script(script("entry"))
        self._revisions = reads.register_script(script("revisions"))
        self._turns = LoopTurns()  # of reading records: those of the largest page take 0.1 s

    # For everybody

    async def blog(self, blog: str) -> BlogState | None:
        with reachable(f"reading the blog {blog}"):
            return _state(await self._read_state(blog))

    async def blogs(self, *, after: str | None, limit: int) -> tuple[Sequence[BlogState], str | None]:
        with reachable("listing the blogs"):
            names = await self.reads.zrangebylex(BLOGS, f"({after}" if after else "-", "+", 0, limit + 1)
        states = await self._blog_states(names[:limit])
        following = names[limit - 1] if len(names) > limit else None
        return [state for state in states if state], following

    async def _blog_states(self, names: Sequence[str]) -> list[BlogState | None]:
        if not names:
            return []
        with reachable("reading blogs"):
            async with self.reads.pipeline(transaction=False) as pipe:
                for name in names:
                    await self._read_state(name, client=pipe)
                answers = await pipe.execute()
        return [_state(answer) for answer in answers]

    async def _read_state(self, name: str, client: Client = None) -> Sequence[str] | None:
        keys = Keys(name)
        found: Sequence[str] | None = await self._blog_state(keys=[keys.meta, keys.state, keys.all], client=client)
        return found

    async def published(self, blog: str, post: str) -> Entry | None:
        with reachable(f"reading the post {post}"):
            text = await self.reads.hget(Keys(blog).state, post)
        return _entry(text) if text else None

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
        keys = Keys(blog)
        behind = (milliseconds(after.published_at), after.id) if after else ("", "")
        with reachable(f"reading the blog {blog}"):
            answer = await self._page(
                keys=[keys.meta, keys.state, keys.all, keys.index(index)], args=[order, limit, skip, *behind]
            )
        if answer is None:
            return None
        epoch, sequence, updated, count, total, about, *texts = answer
        state, cursor = _blog(about, epoch, sequence, updated, count)
        entries = await self._turns.run(map(_entry, texts[:limit]))
        posts = tuple(entry for entry in entries if isinstance(entry, Post))
        following = None
        if len(texts) > limit and posts and posts[-1].published_at:
            following = Place(posts[-1].published_at, posts[-1].id)
        return Page(state, cursor, posts, following, int(total))

    async def position(self, blog: str, post: str) -> int | None:
        with reachable(f"looking for the post {post}"):
            rank = await self.reads.zrank(Keys(blog).all, post)
        return None if rank is None else int(rank)

    async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
        keys = Keys(blog)
        with reachable(f"reading the changes of {blog}"):
            answer = await self._since(keys=[keys.meta, keys.state, keys.all, keys.changed], args=[after, limit])
        if answer is None:
            return None
        epoch, sequence, updated, count, about, *texts = answer
        state, head = _blog(about, epoch, sequence, updated, count)
        records = await self._turns.run(map(load_record, texts[:limit]))
        return Since(state, head, tuple(records), more=len(texts) > limit)

    # For editors

    async def entry(self, blog: str, post: str) -> Entry | None:
        keys = Keys(blog)
        with reachable(f"reading the post {post}"):
            draft, record = await self._entry(keys=[keys.drafts, keys.state], args=[post])
        if draft:
            return load_entry(draft)
        return _entry(record) if record else None

    async def drafts(self, blog: str) -> Sequence[Post]:
        with reachable(f"reading the drafts of {blog}"):
            texts = await self.reads.hvals(Keys(blog).drafts)
        entries = (load_entry(text) for text in texts)
        return sorted((entry for entry in entries if isinstance(entry, Post)), key=lambda post: post.id)

    async def revisions(
        self, blog: str, post: str, *, order: Order = "oldest", after: int | None = None, limit: int = REVISIONS_MAX
    ) -> RevisionPage:
        arguments = [order, "" if after is None else after, limit, REVISIONS_BYTES]
        with reachable(f"reading the revisions of {post}"):
            more, before, *lines = await self._revisions(keys=[Keys(blog).history(post)], args=arguments)
        found = await self._turns.run(map(load_revision, lines))
        return RevisionPage(tuple(found), load_revision(before) if before else None, more == "1")


def _state(answer: Any) -> BlogState | None:
    if answer is None:
        return None
    epoch, sequence, updated, count, record = answer
    return BlogState(*_blog(record, epoch, sequence, updated, count))


def _blog(record: str, epoch: str, sequence: str, updated: str | None, count: int) -> tuple[Blog, Cursor]:
    event = load_record(record).event
    if not isinstance(event, BlogChanged):
        raise Unavailable("a newer version of Stop Press wrote the blog, and this one can't read it; upgrade this one")
    updated_at = moment(int(updated)) if updated else None
    return event.blog.model_copy(update={"posts": count, "updated_at": updated_at}), Cursor(epoch, int(sequence))


def _entry(record: str) -> Entry | None:
    match load_record(record).event:
        case PostChanged(post=post):
            return post
        case PostRemoved(tombstone=tombstone):
            return tombstone
        case BlogChanged() | UnknownEvent():
            return None
