"""Reads the streams: base.Log on Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from stoppress.model import Cursor, Record
from stoppress.settings import Settings
from stoppress.store.fast_reads import FastReads
from stoppress.store.record_format import load_record
from stoppress.store.redis_connection import connect, reachable
from stoppress.store.redis_keys import BEGUN, Keys
from stoppress.task_cancellation import cancellable

_AT_ONCE = 500  # records of one blog per answer


class RedisLog:
    """The streams of all blogs.

    A blocking XREAD occupies its connection for long, so each has a client of its own, without redis-py's time limit.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = url
        self._settings = settings
        self._blocking = connect(url, settings, retries=0, timed=False)
        self._births = connect(url, settings, retries=0, timed=False)
        self._last_birth: str | None = None
        self._asking = FastReads(url, settings)

    async def read(self, after: Mapping[str, int], *, wait: float) -> Mapping[str, Sequence[Record]]:
        """Wait for records; see base.Log.

        `wait` is capped at a minute, or at `verify` if that is longer. A cancelled read loses nothing.
        """
        wait = min(wait, _longest_wait(self._settings))
        blogs = {Keys(blog).events: blog for blog in after}
        streams = {Keys(blog).events: f"{sequence}-0" for blog, sequence in after.items()}
        with reachable("reading the blogs' streams"):
            found = await self._within(wait, self._blocking.xread(streams, count=_AT_ONCE, block=_milliseconds(wait)))
        return {
            blogs[stream]: [
                load_record(fields["record"], fields.get("epoch"), fields.get("at")) for _, fields in entries
            ]
            for stream, entries in found
        }

    async def heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        """The head of each blog; see base.Log."""
        if not blogs:
            return {}
        with reachable("reading the blogs' heads"):
            answers = await self._asking.ask([("HMGET", Keys(blog).meta, "epoch", "seq") for blog in blogs])
        return {
            blog: Cursor(epoch, int(sequence)) if epoch else None
            for blog, (epoch, sequence) in zip(blogs, answers, strict=True)
        }

    async def public_heads(self, blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        """As `heads`, but None for a private blog as well: what anybody may know of. Raises Unavailable."""
        if not blogs:
            return {}
        with reachable("reading the blogs' heads"):
            answers = await self._asking.ask([("HMGET", Keys(blog).meta, "epoch", "seq", "private") for blog in blogs])
        return {
            blog: Cursor(epoch, int(sequence)) if epoch and private != "1" else None
            for blog, (epoch, sequence, private) in zip(blogs, answers, strict=True)
        }

    async def begun(self, *, wait: float) -> Sequence[str]:
        """See base.Log. `wait` is at most a minute; a cancelled call loses nothing."""
        wait = min(wait, _longest_wait(self._settings))
        with reachable("waiting for new blogs"):
            if self._last_birth is None:
                latest = await self._within(0, self._births.xrevrange(BEGUN, count=1))
                self._last_birth = latest[0][0] if latest else "0-0"
            found = await self._within(
                wait, self._births.xread({BEGUN: self._last_birth}, count=_AT_ONCE, block=_milliseconds(wait))
            )
        entries = found[0][1] if found else []
        if entries:
            self._last_birth = entries[-1][0]
        return [fields["blog"] for _, fields in entries]

    async def _within(self, wait: float, command: Coroutine[Any, Any, Any]) -> Any:
        """Run a command that blocks for `wait` seconds in the store. Raises TimeoutError `redis_timeout` after that."""
        async with asyncio.timeout(wait + self._settings.redis_timeout):
            return await cancellable(command)

    async def reconnect(self) -> None:
        """Give up the query that is under way, because its connection may have died while the store was away.

        Blocking reads are for their callers to cancel.
        """
        self._asking.give_up()

    async def close(self) -> None:
        """Close the connections."""
        await self._blocking.aclose()
        await self._births.aclose()
        await self._asking.close()


def _milliseconds(wait: float) -> int:
    return max(1, int(wait * 1000))  # 0 would block for ever


def _longest_wait(settings: Settings) -> float:
    return max(60.0, settings.verify)
