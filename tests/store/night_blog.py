"""A blog to keep, its posts, and how they are published and removed: what several tests of the store begin with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stoppress.model import Blog, Cursor, Post, PostChanged, PostRemoved, Tombstone
from stoppress.store.base import Change
from stoppress.store.redis_store import RedisStore

T0 = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


def a_blog(**fields: object) -> Blog:
    return Blog.model_validate({"id": "night", "revision": 1, "created_at": T0, "title": "The long night"} | fields)


def a_post(name: str = "one", revision: int = 1, minute: int = 0, **fields: object) -> Post:
    at = T0 + timedelta(minutes=minute)
    return Post.model_validate(
        {
            "id": name,
            "blog": "night",
            "revision": revision,
            "status": "published",
            "created_at": T0,
            "published_at": at,
            "updated_at": at,
            "title": f"Post {name}",
        }
        | fields
    )


async def publish(store: RedisStore, post: Post, before: Post | None = None) -> Cursor:
    event = PostChanged("edited" if before else "published", post)
    committed = await store.commit(Change(before, post, event, post.updated_at), by="t", at=T0)
    return committed.cursor


async def remove(store: RedisStore, post: Post) -> Cursor:
    grave = Tombstone(id=post.id, blog=post.blog, revision=post.revision + 1)
    return (await store.commit(Change(post, grave, PostRemoved(grave)), by="t", at=T0)).cursor
