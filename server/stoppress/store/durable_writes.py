"""Writing to Redis: every change is one run of commit.lua, which then waits for the disk where it has to."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stoppress.errors import Conflict, NotFound, StaleRevision, Unavailable
from stoppress.model import Blog, BlogChanged, Cursor, Post, rfc3339
from stoppress.settings import Settings
from stoppress.store.base import Attempt, Change, Committed, Revision
from stoppress.store.idempotency import Attempts, dump_answer, same_request
from stoppress.store.records import dump_event, dump_revision, load_blog, milliseconds
from stoppress.store.redis_connection import Client, reachable, script
from stoppress.store.redis_keys import BEGUN, BLOG, BLOGS, Keys, indexes

_ANNOUNCED = 1_000  # new blogs that are kept for processes that wait for them
# WAITAOF's arguments: how many servers must have fsynced, this one and its replicas.
_FSYNCED = {"fsync": (1, 0), "replica": (1, 1)}


class Writing(Attempts):
    """The part of base.Store that commits, each time knowing of earlier tries."""

    def __init__(self, reads: Client, writes: Client, settings: Settings) -> None:
        super().__init__(reads, writes)
        self._settings = settings
        self._commit = writes.register_script(script("commit"))
        self._delete_blog_script = writes.register_script(script("delete_blog"))

    async def create_blog(self, blog: Blog, *, by: str, attempt: Attempt | None = None) -> Committed:
        # Listed first: a name without a blog is passed over by `blogs`, a blog without a name would be lost.
        with reachable(f"making the blog {blog.id}"):
            await self.writes.zadd(BLOGS, {blog.id: 0})
        epoch = secrets.token_hex(5)
        try:
            made = await self._write_blog(blog, by=by, noticed=blog.updated_at, epoch=epoch, attempt=attempt)
        except StaleRevision as error:
            raise Conflict(f"there is a blog {blog.id!r} already") from error
        await self.announce(blog.id)
        return made

    async def announce(self, blog: str) -> None:
        """Have `Log.begun` tell that the blog was made. Raises Unavailable."""
        with reachable(f"announcing the blog {blog}"):
            await self.writes.xadd(BEGUN, {"blog": blog}, maxlen=_ANNOUNCED, approximate=True)

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
        change = _ScriptChange(
            thing=BLOG,
            revision=blog.revision,
            event=dump_event(BlogChanged(blog)),
            noticed=noticed,
            history=f'{head}{_quote(by)},"blog":{content}}}',
        )
        answer = await self._run_commit(
            Keys(blog.id), [change], attempt, content, epoch=epoch, archived="1" if blog.status == "archived" else "0"
        )
        if answer[0] == "replayed":
            same_request(attempt, answer[1])
            return Committed(Cursor(answer[2], int(answer[3])), load_blog(json.loads(answer[4])), replayed=True)
        return Committed(Cursor(answer[1], int(answer[2])), blog)

    async def commit(self, change: Change, *, by: str, at: datetime, attempt: Attempt | None = None) -> Committed:
        (committed,) = await self.commit_all([change], by=by, at=at, attempt=attempt)
        return committed

    async def commit_all(
        self, changes: Sequence[Change], *, by: str, at: datetime, attempt: Attempt | None = None
    ) -> Sequence[Committed]:
        if not changes:
            return []
        blog = changes[0].after.blog
        scripted = [_script_change(change, by, at) for change in changes]
        # What is kept for a second try is where the answers are: the revisions stay in the posts' histories.
        kept = dump_answer(changes) if attempt else ""
        answer = await self._run_commit(Keys(blog), scripted, attempt, kept)
        if answer[0] == "replayed":
            same_request(attempt, answer[1])
            return await self._replay(blog, answer[2], answer[3], answer[4])
        epoch, sequences = answer[1], answer[2:]
        return [
            Committed(Cursor(epoch, int(sequence)), change.after)
            for change, sequence in zip(changes, sequences, strict=True)
        ]

    async def delete_blog(self, blog: str, *, revision: int | None = None) -> bool:
        keys = Keys(blog)
        with reachable(f"deleting the blog {blog}"):
            standing = await self._delete_blog_script(
                keys=[*keys.standing, keys.tags],
                args=[keys.prefix, "" if revision is None else revision],
            )
            if standing > 0:
                raise StaleRevision(f"revision {revision} was expected, but {standing} stands")
            await self.writes.zrem(BLOGS, blog)
        return bool(standing == 0)

    async def _run_commit(
        self,
        keys: Keys,
        changes: Sequence[_ScriptChange],
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
        names = [*keys.standing, keys.attempt(attempt.key if attempt else ""), keys.tags]
        for change in changes:
            # Only the indexes that change their member or its place: a post edited in place leaves none.
            left = [name for name in change.leaves if name not in change.enters]
            tags = [name.removeprefix("tag:") for name in change.enters if name.startswith("tag:")]
            arguments += [
                change.thing,
                change.revision - 1,
                change.revision,
                change.event,
                "" if change.score is None else milliseconds(change.score),
                "" if change.noticed is None else milliseconds(change.noticed),
                change.draft,
                change.history,
                len(left),
                len(change.enters),
                len(tags),
                *tags,
            ]
            names += [keys.history(change.thing), *map(keys.index, left), *map(keys.index, change.enters)]
        what = changes[0].thing if len(changes) == 1 else f"{len(changes)} posts"
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
        async with self.writes.pipeline(transaction=False) as pipe:
            await self._commit(keys=keys, args=arguments, client=pipe)
            pipe.execute_command("WAITAOF", *wanted, int(self._settings.durability_timeout * 1000))
            answer, fsynced = await pipe.execute()
        if any(have < want for have, want in zip(fsynced, wanted, strict=True)):
            raise Unavailable("the store did not report the write as being on disk in time; try again")
        return answer


@dataclass(frozen=True, slots=True)
class _ScriptChange:
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


def _script_change(change: Change, by: str, at: datetime) -> _ScriptChange:
    after = change.after
    return _ScriptChange(
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


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
