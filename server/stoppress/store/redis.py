"""The store on Redis (7 or newer) or Valkey: the contract of base.py, with the Lua scripts beside this file."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from stoppress.errors import Conflict, Invalid, NotFound, StaleRevision, Unavailable
from stoppress.model import Blog, BlogChanged, Cursor, Event, Post, PostChanged, PostRemoved, rfc3339
from stoppress.settings import Settings
from stoppress.store.base import (
    Attempt,
    BlogState,
    Change,
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
from stoppress.store.keys import BLOG, BLOGS, DUE, REMEMBERED, RESERVED, Keys, indexes
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
        line = _Line(
            thing=BLOG,
            revision=blog.revision,
            event=dump_event(BlogChanged(blog)),
            noticed=noticed,
            history=f'{head}{_quote(by)},"blog":{content}}}',
        )
        answer = await self._run_commit(
            Keys(blog.id), [line], attempt, content, epoch=epoch, archived="1" if blog.status == "archived" else "0"
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
        change = Change(before, after, event, noticed)
        (committed,) = await self.commit_all([change], by=by, at=at, attempt=attempt)
        return committed

    async def commit_all(
        self, changes: Sequence[Change], *, by: str, at: datetime, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        if not changes:
            return []
        blog = changes[0].after.blog
        lines = [_line(change, by, at) for change in changes]
        # What is kept for a second try is where the answers are: the revisions stay in the posts' histories.
        kept = _dump_answer(changes) if attempt else ""
        answer = await self._run_commit(Keys(blog), lines, attempt, kept)
        if answer[0] == "replayed":
            _same_request(attempt, answer[1])
            return await self._replay(blog, answer[2], answer[3], answer[4])
        epoch, sequences = answer[1], answer[2:]
        return [
            Committed(Cursor(epoch, int(sequence)), change.after)
            for change, sequence in zip(changes, sequences, strict=True)
        ]

    async def attempted(self, blog: str, attempt: Attempt) -> Sequence[Committed]:
        keys = Keys(blog)
        with reachable("looking for an earlier try"):
            async with self._reads.pipeline(transaction=True) as pipe:
                pipe.hmget(keys.attempt(attempt.key), "fingerprint", "sequence", "answer")
                pipe.hget(keys.meta, "epoch")
                (fingerprint, sequences, kept), epoch = await pipe.execute()
        if fingerprint is None or epoch is None:
            return []
        _same_request(attempt, fingerprint)
        return await self._replay(blog, epoch, sequences, kept)

    async def _replay(self, blog: str, epoch: str, sequences: str, kept: str) -> Sequence[Committed]:
        """What the first try answered: the revisions that it made, as they then were."""
        keys = Keys(blog)
        made = _load_answer(kept)
        with reachable("reading what an earlier try wrote"):
            async with self._reads.pipeline(transaction=True) as pipe:
                for name, revision in made:
                    pipe.lindex(keys.history(name), revision - 1)
                texts = await pipe.execute()
        return [
            Committed(Cursor(epoch, int(sequence)), load_revision(text).post, replayed=True)
            for text, sequence in zip(texts, sequences.split(","), strict=True)
        ]

    async def _run_commit(
        self,
        keys: Keys,
        lines: Sequence[_Line],
        attempt: Attempt | None,
        kept: str,
        *,
        epoch: str = "",
        archived: str = "",
    ) -> Any:
        arguments: list[Any] = [
            self._settings.history,
            attempt.fingerprint if attempt else "",
            attempt.seconds if attempt else 0,
            kept if attempt else "",
            epoch,
            archived,
        ]
        names = [
            keys.meta,
            keys.state,
            keys.revision,
            keys.changed,
            keys.events,
            keys.drafts,
            keys.all,
            keys.attempts,
            keys.attempt(attempt.key if attempt else ""),
            keys.tags,
        ]
        for line in lines:
            # Only the indexes that change their member or its place: a post edited in place leaves none.
            left = [name for name in line.leaves if name not in line.enters]
            tags = [name.removeprefix("tag:") for name in line.enters if name.startswith("tag:")]
            arguments += [
                line.thing,
                line.revision - 1,
                line.revision,
                line.event,
                "" if line.score is None else milliseconds(line.score),
                "" if line.noticed is None else milliseconds(line.noticed),
                line.draft,
                line.history,
                len(left),
                len(line.enters),
                len(tags),
                *tags,
            ]
            names += [keys.history(line.thing), *map(keys.index, left), *map(keys.index, line.enters)]
        what = lines[0].thing if len(lines) == 1 else f"{len(lines)} posts"
        with reachable(f"writing {what} of {keys.blog}"):
            answer = await self._durably(names, arguments)
        match answer[0]:
            case "missing":
                raise NotFound(f"there is no blog {keys.blog!r}")
            case "archived":
                raise Conflict(f"the blog {keys.blog!r} is archived: it takes no more changes")
            case "stale":
                raise StaleRevision(f"revision {answer[2]} was expected, but {answer[3]} stands, of {answer[1]!r}")
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

    async def delete_blog(self, blog: str, *, revision: int | None = None) -> bool:
        keys = Keys(blog)
        with reachable(f"deleting the blog {blog}"):
            standing = await self._forget(
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
                args=[keys.prefix, "" if revision is None else revision],
            )
            if standing > 0:
                raise StaleRevision(f"revision {revision} was expected, but {standing} stands")
            await self._writes.zrem(BLOGS, blog)
        return bool(standing == 0)

    async def remember(self, attempt: Attempt, answer: str) -> tuple[str, bool]:
        mine = f"{attempt.fingerprint} {answer}"
        with reachable("keeping an answer"):
            first = await self._writes.set(REMEMBERED + attempt.key, mine, nx=True, get=True, ex=attempt.seconds)
        fingerprint, _, kept = str(first or mine).partition(" ")
        _same_request(attempt, fingerprint)
        return kept, first is not None

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


@dataclass(frozen=True, slots=True)
class _Line:
    """One change as commit.lua takes it. `thing` is a post's id, or @blog."""

    thing: str
    revision: int
    event: str
    history: str
    noticed: datetime | None = None
    score: datetime | None = None
    draft: str = ""
    leaves: Sequence[str] = ()
    enters: Sequence[str] = ()


def _line(change: Change, by: str, at: datetime) -> _Line:
    after = change.after
    return _Line(
        thing=after.id,
        revision=after.revision,
        event=dump_event(change.event) if change.event else "",
        history=dump_revision(Revision(after.revision, at, by, after)),
        noticed=change.noticed,
        score=after.published_at if isinstance(after, Post) else None,
        draft="" if change.event else after.model_dump_json(),
        leaves=indexes(change.before),
        enters=indexes(after),
    )


def _dump_answer(changes: Sequence[Change]) -> str:
    return " ".join(f"{change.after.id}:{change.after.revision}" for change in changes)


def _load_answer(kept: str) -> list[tuple[str, int]]:
    return [(name, int(revision)) for name, _, revision in (part.partition(":") for part in kept.split(" "))]


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
