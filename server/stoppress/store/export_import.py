"""Exports a whole blog with all its revisions as one JSON document, and imports it.

`stoppress export` and `stoppress import` use this module.

The document has the lines of each post's history as stored, so importing and exporting it again gives the same
document. The document has no epoch and no sequence numbers: an imported blog begins a new history, and its readers
reload. Posts are in the order of their last change.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from stoppress.errors import Conflict, Invalid, NotFound
from stoppress.model import Blog, BlogChanged, Post, PostChanged, PostRemoved, Tombstone, rfc3339
from stoppress.sanitize import sanitize
from stoppress.store.base import Due
from stoppress.store.record_format import check_revision, dump_event, load_revision, milliseconds, moment
from stoppress.store.redis_connection import reachable
from stoppress.store.redis_keys import BLOG, BLOGS, Keys, indexes
from stoppress.store.redis_store import RedisStore

FORMAT = "stoppress.blog/1"
Object = dict[str, Any]


async def dump(store: RedisStore, blog: str) -> Object:
    """Export a blog as a document. Each post is read at one moment, but not all posts at the same one.

    Raises NotFound, Unavailable.
    """
    keys, redis = Keys(blog), store.reads
    with reachable(f"exporting {blog}"):
        updated = await redis.hget(keys.meta, "updated")
        history = await redis.lrange(keys.history(BLOG), 0, -1)
        changed = await redis.zrange(keys.changed, 0, -1)
        drafts = sorted(await redis.hkeys(keys.drafts))
        if not history:
            raise NotFound(f"there is no blog {blog!r}")
        posts = []
        for name in [name for name in dict.fromkeys([*changed, *drafts]) if name != BLOG]:
            async with redis.pipeline(transaction=True) as pipe:
                pipe.hget(keys.state, name)
                pipe.lrange(keys.history(name), 0, -1)
                record, lines = await pipe.execute()
            event = json.loads(record)[3] if record else {}
            change = "removed" if "removed" in event else event.get("change")
            posts.append({"change": change, "revisions": [json.loads(line) for line in lines]})
    return {
        "format": FORMAT,
        "updated_at": rfc3339(moment(int(updated))) if updated else None,
        "blog": [json.loads(line) for line in history],
        "posts": posts,
    }


async def load(store: RedisStore, document: Object) -> str:
    """Import a document as a new blog, and return its id. The blog becomes visible when all of it is written.

    Bodies are sanitised again in every revision, because anybody may have written the document. Unknown fields are
    rejected, because a document of a newer version would lose them.

    Raises:
        Invalid: the document is not an export; the message names the place.
        Conflict: there is already a blog with this id.
        Unavailable: the store can't be reached.
    """
    blog, updated, posts = _check(document)
    keys, redis = Keys(blog.id), store.writes
    if await store.blog(blog.id) is not None:
        raise Conflict(f"there is already a blog {blog.id!r}; delete it first")
    await store.delete_blog(blog.id)  # remains of an interrupted import
    count = sum(bool(indexes(entry)) for _, entry, _ in posts)
    stamp = "null" if updated is None else str(milliseconds(updated))
    sequence = 0
    with reachable(f"importing {blog.id}"):
        for change, entry, lines in posts:
            async with redis.pipeline(transaction=True) as pipe:
                pipe.hset(keys.revision, entry.id, entry.revision)
                pipe.rpush(keys.history(entry.id), *map(_text, lines))
                if change is None:
                    pipe.hset(keys.drafts, entry.id, entry.model_dump_json())
                else:
                    sequence += 1
                    event = PostChanged(change, entry) if isinstance(entry, Post) else PostRemoved(entry)
                    pipe.hset(keys.state, entry.id, f"[{sequence},{count},{stamp},{dump_event(event)}]")
                    pipe.zadd(keys.changed, {entry.id: sequence})
                for name in indexes(entry):
                    assert isinstance(entry, Post) and entry.published_at
                    pipe.zadd(keys.index(name), {entry.id: milliseconds(entry.published_at)})
                    if name.startswith("tag:"):
                        pipe.sadd(keys.tags, name.removeprefix("tag:"))
                await pipe.execute()
            if isinstance(entry, Post) and entry.status == "scheduled" and entry.publish_at:
                await store.note_due(Due(entry.publish_at, blog.id, entry.id, entry.revision))
        sequence += 1
        record = f"[{sequence},{count},{stamp},{dump_event(BlogChanged(blog))}]"
        meta = {"epoch": secrets.token_hex(5), "seq": sequence, "archived": int(blog.status == "archived")}
        meta["private"] = int(blog.private)
        async with redis.pipeline(transaction=True) as pipe:
            pipe.zadd(BLOGS, {blog.id: 0})
            pipe.hset(keys.meta, mapping=meta | ({"updated": stamp} if updated else {}))
            pipe.hset(keys.revision, BLOG, blog.revision)
            pipe.rpush(keys.history(BLOG), *map(_text, document["blog"]))
            pipe.hset(keys.state, BLOG, record)
            pipe.zadd(keys.changed, {BLOG: sequence})
            pipe.xadd(keys.events, {"record": record}, id=f"{sequence}-0")
            await pipe.execute()
    await store.announce(blog.id)
    return blog.id


def _check(document: Object) -> tuple[Blog, datetime | None, list[tuple[Any, Post | Tombstone, list[Object]]]]:
    where = "/blog"
    try:
        blog = Blog.model_validate(document["blog"][-1]["blog"])
        updated = document["updated_at"] and datetime.fromisoformat(document["updated_at"])
        posts, seen = [], set()
        for i, one in enumerate(document["posts"]):
            where = f"/posts/{i}"
            lines = [_sanitised(line, f"{where}/revisions/{j}/post/body") for j, line in enumerate(one["revisions"])]
            for line in lines:
                check_revision(line)
            revisions = [load_revision(_text(line)) for line in lines]
            entry = revisions[-1].post
            expected = 1
            for revision in revisions:
                # Numbers are missing before an unpublished revision that replaced earlier ones.
                gap = revision.revision > expected > 1 and revision.post.status in ("draft", "scheduled")
                number = revision.revision if gap else expected
                wanted = (entry.id, blog.id, number, number)
                got = (revision.post.id, revision.post.blog, revision.post.revision, revision.revision)
                if got != wanted:
                    raise ValueError(f"expected id, blog and revision {wanted}, but got {got}")
                expected = number + 1
            if entry.id in seen:
                raise ValueError(f"expected each post once, but {entry.id!r} is there twice")
            seen.add(entry.id)
            out = isinstance(entry, Post) and entry.status == "published"
            if out and one["change"] is None or (isinstance(entry, Post) and not out and one["change"]):
                raise ValueError(f"the change {one['change']!r} does not match the status {entry.status!r}")
            posts.append((one["change"], entry, lines))
    except (KeyError, IndexError, TypeError, ValueError, ValidationError) as error:
        raise Invalid(
            f"expected an export of a blog, but the document is wrong at {where}: {str(error)[:300]}"
        ) from error
    return blog, updated, posts


def _sanitised(line: Object, where: str) -> Object:
    """A revision whose body is safe to publish, whoever wrote the document. What Stop Press wrote stays unchanged.

    Raises:
        Invalid: the body has active content.
    """
    post = line["post"]
    return {**line, "post": {**post, "body": sanitize(post["body"], where)}} if "body" in post else line


def _text(line: Object) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
