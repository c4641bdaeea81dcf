"""The store on Redis (7 or newer) or Valkey: the contract of base.py, with the Lua scripts beside this file."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from stoppress.errors import Conflict, Invalid, NotFound, StaleRevision, Unavailable
from stoppress.model import Blog, BlogChanged, Cursor, Event, Post, PostChanged, PostRemoved, rfc3339
from stoppress.settings import Settings
from stoppress.store.base import (
    Attempt,
    BlogState,
    Committed,
    Due,
    Entry,
    Order,
    Page,
    Place,
    Revision,
    Since,
)
from stoppress.store.connection import connect, reachable
from stoppress.store.keys import BLOG, BLOGS, DUE, RESERVED, Keys, indexes
from stoppress.store.records import (
    dump_event,
    dump_revision,
    load_entry,
    load_record,
    load_revision,
    milliseconds,
    moment,
)

# WAITAOF's arguments: how many servers must have fsynced, this one and its replicas.
_FSYNCED = {"fsync": (1, 0), "replica": (1, 1)}


def _script(name: str) -> str:
    return files("stoppress.store").joinpath(f"{name}.lua").read_text(encoding="utf-8")


class RedisStore:
    """Blogs and posts in Redis; see base.Store for what each method promises."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._settings = settings
        self._reads = connect(url, settings, retries=3)
        self._writes = connect(url, settings, retries=0)
        self._commit = self._writes.register_script(_script("commit"))
        self._forget = self._writes.register_script(_script("forget"))
        self._page = self._reads.register_script(_script("page"))
        self._since = self._reads.register_script(_script("since"))

    # Writing

    async def create_blog(self, blog: Blog, *, by: str, attempt: Attempt | None = None) -> Committed:
        # Listed first: a name without a blog is passed over by `blogs`, a blog without a name would be lost.
        with reachable(f"making the blog {blog.id}"):
            await self._writes.zadd(BLOGS, {blog.id: 0})
        epoch = secrets.token_hex(5)
        try:
            return await self._write_blog(blog, by=by, noticed=blog.updated_at, epoch=epoch, attempt=attempt)
        except StaleRevision as error:
            raise Conflict(f"there is a blog {blog.id!r} already") from error

    async def change_blog(self, blog: Blog, *, by: str, noticed: datetime | None) -> Committed:
        return await self._write_blog(blog, by=by, noticed=noticed)

    async def _write_blog(
        self,
        blog: Blog,
        *,
        by: str,
        noticed: datetime | None,
        epoch: str = "",
        attempt: Attempt | None = None,
    ) -> Committed:
        content = blog.model_dump_json()
        head = f'{{"revision":{blog.revision},"at":"{rfc3339(datetime.now(UTC))}","by":'
        answer = await self._run_commit(
            Keys(blog.id),
            BLOG,
            blog.revision,
            event=dump_event(BlogChanged(blog)),
            noticed=noticed,
            history=f'{head}{_quote(by)},"blog":{content}}}',
            attempt=attempt,
            content=content,
            epoch=epoch,
            archived="1" if blog.status == "archived" else "0",
        )
        if answer[0] == "replayed":
            _same_request(attempt, answer[1])
            return Committed(Cursor(answer[2], int(answer[3])), Blog.model_validate_json(answer[4]), replayed=True)
        return Committed(Cursor(answer[1], int(answer[2])), blog)

    async def commit(
        self,
        before: Entry | None,
        after: Entry,
        event: Event | None,
        *,
        by: str,
        at: datetime,
        noticed: datetime | None = None,
        attempt: Attempt | None = None,
    ) -> Committed:
        content = after.model_dump_json()
        published_at = after.published_at if isinstance(after, Post) else None
        answer = await self._run_commit(
            Keys(after.blog),
            after.id,
            after.revision,
            event=dump_event(event) if event else "",
            score=published_at,
            noticed=noticed,
            draft="" if event else content,
            history=dump_revision(Revision(after.revision, at, by, after)),
            attempt=attempt,
            content=content,
            leaves=indexes(before),
            enters=indexes(after),
        )
        if answer[0] == "replayed":
            _same_request(attempt, answer[1])
            return Committed(Cursor(answer[2], int(answer[3])), load_entry(answer[4]), replayed=True)
        return Committed(Cursor(answer[1], int(answer[2])), after)

    async def _run_commit(
        self,
        keys: Keys,
        thing: str,
        revision: int,
        *,
        event: str,
        history: str,
        content: str,
        score: datetime | None = None,
        noticed: datetime | None = None,
        draft: str = "",
        attempt: Attempt | None = None,
        epoch: str = "",
        archived: str = "",
        leaves: Sequence[str] = (),
        enters: Sequence[str] = (),
    ) -> Any:
        # Only the indexes that change their member or its place: a post edited in place leaves none.
        left = [name for name in leaves if name not in enters]
        arguments = [
            thing,
            revision - 1,
            revision,
            event,
            "" if score is None else milliseconds(score),
            "" if noticed is None else milliseconds(noticed),
            draft,
            history,
            self._settings.history,
            attempt.fingerprint if attempt else "",
            attempt.seconds if attempt else 0,
            content if attempt else "",
            epoch,
            archived,
            len(left),
            *(name.removeprefix("tag:") for name in enters if name.startswith("tag:")),
        ]
        names = [
            keys.meta,
            keys.state,
            keys.revision,
            keys.changed,
            keys.events,
            keys.drafts,
            keys.history(thing),
            keys.all,
            keys.attempts,
            keys.attempt(attempt.key if attempt else ""),
            keys.tags,
            *(keys.index(name) for name in left),
            *(keys.index(name) for name in enters),
        ]
        with reachable(f"writing {thing} of {keys.blog}"):
            answer = await self._durably(names, arguments)
        match answer[0]:
            case "missing":
                raise NotFound(f"there is no blog {keys.blog!r}")
            case "archived":
                raise Conflict(f"the blog {keys.blog!r} is archived: it takes no more changes")
            case "stale":
                raise StaleRevision(f"revision {revision - 1} was expected, but {answer[1]} stands")
        return answer

    async def _durably(self, keys: list[str], arguments: list[Any]) -> Any:
        """Run the commit script, and wait for the disk where that is this store's part."""
        wanted = _FSYNCED.get(self._settings.durability)
        if wanted is None:
            return await self._commit(keys=keys, args=arguments)
        # WAITAOF speaks of the writes of its own connection; a pipeline keeps both on one.
        async with self._writes.pipeline(transaction=False) as pipe:
            await self._commit(keys=keys, args=arguments, client=pipe)
            pipe.execute_command("WAITAOF", *wanted, int(self._settings.durability_timeout * 1000))
            answer, fsynced = await pipe.execute()
        if any(have < want for have, want in zip(fsynced, wanted, strict=True)):
            raise Unavailable("the store did not report the write as being on disk in time; try again")
        return answer

    async def delete_blog(self, blog: str) -> bool:
        keys = Keys(blog)
        with reachable(f"deleting the blog {blog}"):
            there = await self._forget(
                keys=[
                    keys.meta,
                    keys.state,
                    keys.revision,
                    keys.changed,
                    keys.events,
                    keys.drafts,
                    keys.all,
                    keys.attempts,
                    keys.tags,
                ],
                args=[keys.prefix],
            )
            await self._writes.zrem(BLOGS, blog)
        return bool(there)

    async def reserve_id(self, attempt: Attempt, candidate: str) -> str:
        with reachable("reserving an id"):
            first = await self._writes.set(RESERVED + attempt.key, candidate, nx=True, get=True, ex=attempt.seconds)
        return str(first or candidate)

    # The schedule

    async def note_due(self, due: Due) -> None:
        with reachable("noting when a post is due"):
            await self._writes.zadd(DUE, {_due_text(due): milliseconds(due.at)})

    async def due(self, now: datetime, *, limit: int) -> Sequence[Due]:
        with reachable("asking what is due"):
            found = await self._reads.zrange(
                DUE, "-inf", milliseconds(now), byscore=True, offset=0, num=limit, withscores=True
            )
        return [_load_due(text, score) for text, score in found]

    async def forget_due(self, due: Due) -> None:
        with reachable("forgetting what was due"):
            await self._writes.zrem(DUE, _due_text(due))

    # Reading, for everybody

    async def blog(self, blog: str) -> BlogState | None:
        states = await self._blog_states([blog])
        return states[0]

    async def blogs(self, *, after: str | None, limit: int) -> tuple[Sequence[BlogState], str | None]:
        with reachable("listing the blogs"):
            names = await self._reads.zrangebylex(BLOGS, f"({after}" if after else "-", "+", 0, limit + 1)
        states = await self._blog_states(names[:limit])
        following = names[limit - 1] if len(names) > limit else None
        return [state for state in states if state], following

    async def _blog_states(self, names: Sequence[str]) -> list[BlogState | None]:
        if not names:
            return []
        with reachable("reading blogs"):
            async with self._reads.pipeline(transaction=True) as pipe:
                for name in names:
                    keys = Keys(name)
                    pipe.hmget(keys.meta, "epoch", "seq", "updated")
                    pipe.hget(keys.state, BLOG)
                    pipe.zcard(keys.all)
                answers = await pipe.execute()
        return [
            BlogState(*_blog(record, meta[0], meta[1], meta[2], count)) if record else None
            for meta, record, count in zip(answers[0::3], answers[1::3], answers[2::3], strict=True)
        ]

    async def published(self, blog: str, post: str) -> Entry | None:
        with reachable(f"reading the post {post}"):
            text = await self._reads.hget(Keys(blog).state, post)
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
        posts = tuple(entry for entry in map(_entry, texts[:limit]) if isinstance(entry, Post))
        following = None
        if len(texts) > limit and posts and posts[-1].published_at:
            following = Place(posts[-1].published_at, posts[-1].id)
        return Page(state, cursor, posts, following, int(total))

    async def position(self, blog: str, post: str) -> int | None:
        with reachable(f"looking for the post {post}"):
            rank = await self._reads.zrank(Keys(blog).all, post)
        return None if rank is None else int(rank)

    async def since(self, blog: str, after: int, *, limit: int) -> Since | None:
        keys = Keys(blog)
        with reachable(f"reading the changes of {blog}"):
            answer = await self._since(keys=[keys.meta, keys.state, keys.all, keys.changed], args=[after, limit])
        if answer is None:
            return None
        epoch, sequence, updated, count, about, *texts = answer
        state, head = _blog(about, epoch, sequence, updated, count)
        return Since(state, head, tuple(load_record(text) for text in texts[:limit]), more=len(texts) > limit)

    # Reading, for editors

    async def entry(self, blog: str, post: str) -> Entry | None:
        keys = Keys(blog)
        with reachable(f"reading the post {post}"):
            async with self._reads.pipeline(transaction=True) as pipe:
                pipe.hget(keys.drafts, post)
                pipe.hget(keys.state, post)
                draft, record = await pipe.execute()
        if draft:
            return load_entry(draft)
        return _entry(record) if record else None

    async def drafts(self, blog: str) -> Sequence[Post]:
        with reachable(f"reading the drafts of {blog}"):
            texts = await self._reads.hvals(Keys(blog).drafts)
        entries = (load_entry(text) for text in texts)
        return sorted((entry for entry in entries if isinstance(entry, Post)), key=lambda post: post.id)

    async def revisions(self, blog: str, post: str) -> Sequence[Revision]:
        with reachable(f"reading the revisions of {post}"):
            return [load_revision(line) for line in await self._reads.lrange(Keys(blog).history(post), 0, -1)]

    # The connections

    async def ping(self) -> None:
        with reachable("asking whether it is there"):
            await self._writes.set("stoppress:ready", "1")

    async def close(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()


def _due_text(due: Due) -> str:
    # The time is in the name too: a post scheduled anew has two notes, and forgetting one keeps the other.
    return f"{due.blog} {due.post} {due.revision} {milliseconds(due.at)}"


def _load_due(text: str, score: float) -> Due:
    blog, post, revision, _ = text.split(" ")
    return Due(moment(int(score)), blog, post, int(revision))


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _same_request(attempt: Attempt | None, fingerprint: str) -> None:
    if attempt is not None and attempt.fingerprint != fingerprint:
        raise Invalid("this Idempotency-Key was used for another request; take a new key")


def _blog(record: str, epoch: str, sequence: str, updated: str | None, count: int) -> tuple[Blog, Cursor]:
    event = load_record(record).event
    assert isinstance(event, BlogChanged)
    updated_at = moment(int(updated)) if updated else None
    return event.blog.model_copy(update={"posts": count, "updated_at": updated_at}), Cursor(epoch, int(sequence))


def _entry(record: str) -> Entry | None:
    match load_record(record).event:
        case PostChanged(post=post):
            return post
        case PostRemoved(tombstone=tombstone):
            return tombstone
        case BlogChanged():
            return None
