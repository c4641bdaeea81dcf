"""Scheduled posts: the rules for `publish_at`, and their publication on time.

Every server process looks for due posts; the check of the revision lets only one of them publish a post.

A note of when a post is due is written before the post itself (post_commits.py), and deleted after the post is
published. A process that dies in between can therefore leave a note too many, but never one too few. A server that was
down at the time publishes the due posts when it starts again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from stoppress.editing.inputs import PostEdit, wrong
from stoppress.editing.post_commits import PostCommits, change_of
from stoppress.errors import StaleRevision, StopPressError, Unavailable
from stoppress.model import Post
from stoppress.store.base import Due, Store
from stoppress.token_scopes import Caller

Clock = Callable[[], datetime]

_log = logging.getLogger("stoppress.schedule")
_AT_ONCE = 100  # notes to read at a time
SCHEDULE = Caller("schedule", frozenset({"publish"}))


# The rules


def only_scheduled(wanted: PostEdit) -> None:
    """Raise Invalid unless the post is scheduled, because only a scheduled post can have a `publish_at`."""
    if wanted.status != "scheduled":
        raise wrong("publish_at", f"only a scheduled post can have a publish_at, but the status is {wanted.status!r}")


def check_publish_at(wanted: PostEdit, now: datetime) -> None:
    """Raise Invalid if a post is to be scheduled without a `publish_at` in the future."""
    if wanted.status == "scheduled" and (wanted.publish_at is None or wanted.publish_at <= now):
        given = wanted.publish_at and wanted.publish_at.isoformat()
        raise wrong("publish_at", f"expected a time in the future for a scheduled post, but got {given}")


def published_when_due(scheduled: Post, publish_at: datetime) -> Post:
    """The revision that publishes a scheduled post, whose time `publish_at` has come."""
    first = scheduled.published_at or publish_at
    return scheduled.model_copy(
        update={
            "status": "published",
            "revision": scheduled.revision + 1,
            "published_at": first,
            "updated_at": max(publish_at, first),
            "publish_at": None,
        }
    )


# Publication


async def keep_schedule(store: Store, clock: Clock, *, every: float) -> None:
    """Publish the posts that are due, again after each `every` seconds, until cancelled. Errors are only logged."""
    failing = False
    while True:
        try:
            await publish_due(store, clock)
            failing = False
        except Unavailable as error:
            if not failing:
                _log.warning("can't publish scheduled posts, trying again: %s", error)
            failing = True
        except Exception:  # one post that can't be read must not stop the schedule for all others
            _log.exception("unexpected error while publishing scheduled posts, trying again")
        await asyncio.sleep(every)


async def publish_due(store: Store, clock: Clock) -> int:
    """Publish all posts that are due, earliest first. Returns how many this call published. Raises Unavailable."""
    out = 0
    while waiting := await store.due(clock(), limit=_AT_ONCE):
        for due in waiting:
            try:
                out += await publish_post(store, clock, due)
            except Unavailable:
                raise  # the note stays, so the post is tried again
            except StopPressError as error:
                _log.warning("can't publish the scheduled post %s of the blog %s: %s", due.post, due.blog, error)
            await store.forget_due(due)
    return out


async def publish_post(store: Store, clock: Clock, due: Due) -> bool:
    """Publish a scheduled post whose time has come. False if it is not scheduled any more, or not due yet.

    Several processes may call this at once: the check of the revision lets only one of them publish. Raises Conflict,
    NotFound, Unavailable.
    """
    entry = await store.entry(due.blog, due.post)
    now = clock()
    if not isinstance(entry, Post) or entry.status != "scheduled" or not entry.publish_at or entry.publish_at > now:
        return False
    published = published_when_due(entry, entry.publish_at)
    try:
        await PostCommits(store).commit(change_of(entry, published, "published", now), SCHEDULE, now)
    except StaleRevision:
        return False
    return True
