"""Publishes scheduled posts on time. Every server process looks for due posts; the check of the revision lets only one
of them publish a post.

A note of when a post is due is written before the post itself, and deleted after the post is published. A process that
dies in between can therefore leave a note too many, but never one too few. A server that was down at the time publishes
the due posts when it starts again.
"""

from __future__ import annotations

import asyncio
import logging

from stoppress.auth import Caller
from stoppress.editing.blogs import Clock
from stoppress.editing.posts import Posts
from stoppress.errors import StopPressError, Unavailable
from stoppress.store.base import Store

_log = logging.getLogger("stoppress.schedule")
_AT_ONCE = 100  # notes to read at a time
SCHEDULE = Caller("schedule", frozenset({"publish"}))


async def publish_due(store: Store, posts: Posts, clock: Clock) -> int:
    """Publish all posts that are due, earliest first. Returns how many this call published. Raises Unavailable."""
    out = 0
    while waiting := await store.due(clock(), limit=_AT_ONCE):
        for due in waiting:
            try:
                out += await posts.publish_due(due, SCHEDULE)
            except Unavailable:
                raise  # the note stays, so the post is tried again
            except StopPressError as error:
                _log.warning("can't publish the scheduled post %s of the blog %s: %s", due.post, due.blog, error)
            await store.forget_due(due)
    return out


async def keep_schedule(store: Store, posts: Posts, clock: Clock, *, every: float) -> None:
    """Publish the posts that are due, again after each `every` seconds, until cancelled. Errors are only logged."""
    while True:
        try:
            await publish_due(store, posts, clock)
        except Unavailable as error:
            _log.warning("can't read the schedule, trying again: %s", error)
        except Exception:  # one post that can't be read must not stop the schedule for all others
            _log.exception("unexpected error while publishing scheduled posts, trying again")
        await asyncio.sleep(every)
