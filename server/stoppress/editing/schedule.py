"""Scheduled posts come out on time: each server process looks what is due, and the revision lets one of them through.

A note of what is due is written before the scheduled post and forgotten after it came out, so a process that dies in
between leaves a note too many, never one too few; a server that slept through the hour finds all of them when it wakes.
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
_AT_ONCE = 100
SCHEDULE = Caller("schedule", frozenset({"publish"}))


async def publish_due(store: Store, posts: Posts, clock: Clock) -> int:
    """Bring out all that is due, the earliest first; how many came out by this call. Raises Unavailable."""
    out = 0
    while waiting := await store.due(clock(), limit=_AT_ONCE):
        for due in waiting:
            try:
                out += await posts.publish_due(due, SCHEDULE)
            except Unavailable:
                raise  # the note stays: it is tried again
            except StopPressError as error:
                _log.warning("the scheduled post %s of %s can't come out: %s", due.post, due.blog, error)
            await store.forget_due(due)
    return out


async def keep_schedule(store: Store, posts: Posts, clock: Clock, *, every: float) -> None:
    """Look every so many seconds, until cancelled."""
    while True:
        try:
            await publish_due(store, posts, clock)
        except Unavailable as error:
            _log.warning("the schedule waits for the store: %s", error)
        except Exception:  # one post that can't be read must not stop the clock for all others
            _log.exception("the schedule goes on after an error")
        await asyncio.sleep(every)
