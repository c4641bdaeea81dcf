"""Notes of when posts are due, for all blogs in one sorted set by time, so that the earliest is found first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stoppress.store.base import Due
from stoppress.store.record_format import milliseconds, moment
from stoppress.store.redis_connection import Client, reachable
from stoppress.store.redis_keys import DUE


class Schedule:
    """The part of base.Store that the schedule uses."""

    def __init__(self, reads: Client, writes: Client) -> None:
        self.reads = reads
        self.writes = writes

    async def note_due(self, due: Due) -> None:
        with reachable("noting when a post is due"):
            await self.writes.zadd(DUE, {_due_text(due): milliseconds(due.at)})

    async def due(self, now: datetime, *, limit: int) -> Sequence[Due]:
        with reachable("reading which posts are due"):
            found = await self.reads.zrange(
                DUE, "-inf", milliseconds(now), byscore=True, offset=0, num=limit, withscores=True
            )
        return [_load_due(text, score) for text, score in found]

    async def forget_due(self, due: Due) -> None:
        with reachable("removing the note of a due post"):
            await self.writes.zrem(DUE, _due_text(due))


def _due_text(due: Due) -> str:
    # The time is part of the name: a rescheduled post has two notes, and removing one keeps the other.
    return f"{due.blog} {due.post} {due.revision} {milliseconds(due.at)}"


def _load_due(text: str, score: float) -> Due:
    blog, post, revision, *_ = text.split(" ")
    return Due(moment(int(score)), blog, post, int(revision))
