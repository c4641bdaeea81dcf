"""Writes to Redis. Each change is one run of commit.lua, after which it waits for the disk if so configured."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import ResponseError

from stoppress.errors import Conflict, NotFound, StaleRevision, Unavailable
from stoppress.model import Blog, BlogChanged, Cursor, Post, rfc3339
from stoppress.settings import Settings
from stoppress.store.base import Attempt, Change, Committed, Revision
from stoppress.store.idempotency import Attempts, dump_answer, same_request
from stoppress.store.record_format import dump_event, dump_revision, load_blog, milliseconds
from stoppress.store.redis_connection import Client, reachable, script
from stoppress.store.redis_keys import BEGUN, BLOG, BLOGS, Keys, indexes

_log = logging.getLogger("stoppress.store")

_ANNOUNCED = 1_000  # new blogs that are kept for processes that wait for them
# WAITAOF's arguments: how many servers must have fsynced: this one, and how many replicas.
_FSYNCED = {"fsync": (1, 0), "replica": (1, 1)}


class Writing(Attempts):
    """The part of base.Store that writes, and recognises earlier attempts."""

    def __init__(self, reads: Client, writes: Client, settings: Settings) -> None:
        super().__init__(reads, writes)
        self._settings = settings
        self._commit = writes.register_script(script("commit"))
        self._delete_blog_script = writes.register_script(script("delete_blog"))

    async def create_blog(self, blog: Blog, *, by: str, attempt: Attempt | None = None) -> Committed:
        # Listed first: `blogs` skips an id without a blog, but a blog that is not listed would be lost.
        with reachable(f"creating the blog {blog.id}"):
            await self.writes.zadd(BLOGS, {blog.id: 0})
        epoch = secrets.token_hex(5)
        try:
            made = await self._write_blog(blog, by=by, noticed=blog.updated_at, epoch=epoch, attempt=attempt)
        except StaleRevision as error:
            raise Conflict(f"there is already a blog {blog.id!r}; choose another id") from error
        await self.announce(blog.id)
        return made

    async def announce(self, blog: str) -> None:
        """Tell `Log.begun` that the blog was created. Only a hint: when it fails, hubs notice at their next check."""
        try:
            with reachable(f"announcing the blog {blog}"):
                await self.writes.xadd(BEGUN, {"blog": blog}, maxlen=_ANNOUNCED, approximate=True)
        except Unavailable as error:
            _log.warning("Can't announce the new blog %s to the hubs; they find it within seconds: %s", blog, error)

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
            Keys(blog.id),
            [change],
            attempt,
            content,
            epoch=epoch,
            flags=f"{blog.status == 'archived':d}{blog.private:d}",
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
        # For a retry, only the places of the answers are kept. The revisions are in the posts' histories.
        kept = dump_answer(changes) if attempt else ""
        answer = await self._run_commit(Keys(blog), scripted, attempt, kept, at=at)
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
                keys=[*keys.standing, keys.tags, keys.folding],
                args=[keys.prefix, "" if revision is None else revision],
            )
            if standing > 0:
                raise StaleRevision(f"expected revision {revision}, but the current one is {standing}")
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
        flags: str = "",
        at: datetime | None = None,
    ) -> Any:
        arguments: list[Any] = [
            self._settings.history,
            attempt.fingerprint if attempt else "",
            attempt.seconds if attempt else 0,
            kept if attempt else "",
            epoch,
            flags,
            "" if at is None else milliseconds(at),
        ]
        names = [*keys.standing, keys.attempt(attempt.key if attempt else ""), keys.tags, keys.folding]
        for change in changes:
            # Only the indexes whose members or order change: a post edited in place leaves none.
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
                change.folds,
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
                raise Conflict(f"the blog {keys.blog!r} is archived and can't be changed")
            case "stale":
                raise StaleRevision(
                    f"expected revision {answer[2]} of {answer[1]!r}, but the current one is {answer[3]}"
                )
        return answer

    async def check_durability(self) -> None:
        """Check that the store can do what the setting `durability` asks for. If it does not answer now, do nothing.

        Raises:
            Unavailable: it can't confirm that a write is on disk.
        """
        wanted = _FSYNCED.get(self._settings.durability)
        if wanted is None:
            return
        try:
            with reachable("checking its durability"):
                await self.writes.execute_command("WAITAOF", *wanted, 1)
        except Unavailable as error:
            _log.warning("Can't check the durability of the store yet: %s", error)
        except ResponseError as error:
            raise Unavailable(
                f"STOPPRESS_DURABILITY={self._settings.durability} needs WAITAOF, which Valkey and Redis 7.2 or newer "
                f"have, and `appendonly yes`. The store answers: {error}. On an older Redis, set `appendonly yes` and "
                "`appendfsync always`, and STOPPRESS_DURABILITY=server here."
            ) from error

    async def _durably(self, keys: list[str], arguments: list[Any]) -> Any:
        """Run the commit script, and wait for the disk if this store has to."""
        wanted = _FSYNCED.get(self._settings.durability)
        if wanted is None:
            return await self._commit(keys=keys, args=arguments)
        # WAITAOF covers only the writes of its own connection. A pipeline sends both on one.
        async with self.writes.pipeline(transaction=False) as pipe:
            await self._commit(keys=keys, args=arguments, client=pipe)
            pipe.execute_command("WAITAOF", *wanted, int(self._settings.durability_timeout * 1000))
            answer, fsynced = await pipe.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(fsynced, ResponseError):
            raise Unavailable(f"the store can't say whether the write is on disk: {fsynced}")
        if isinstance(fsynced, Exception):
            raise fsynced
        if any(have < want for have, want in zip(fsynced, wanted, strict=True)):
            raise Unavailable("the store did not confirm in time that the write is on disk; try again")
        return answer


@dataclass(frozen=True, slots=True)
class _ScriptChange:
    """One change in the form that commit.lua takes. `thing` is a post's id, or `@blog`."""

    thing: str
    revision: int
    event: str
    history: str
    noticed: datetime | None = None
    score: datetime | None = None
    draft: str = ""
    folds: str = ""
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
        folds=change.folds,
        leaves=indexes(change.before),
        enters=indexes(after),
    )


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
