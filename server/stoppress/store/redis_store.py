"""The store on Redis (7 or newer) or Valkey: implements base.py with the Lua scripts in this folder."""

from __future__ import annotations

from stoppress.settings import Settings
from stoppress.store.due_posts import Schedule
from stoppress.store.durable_writes import Writing
from stoppress.store.reads import Reading
from stoppress.store.redis_connection import connect, drop_idle, reachable
from stoppress.store.redis_keys import READY


class RedisStore(Reading, Writing, Schedule):
    """Blogs and posts in Redis. base.Store documents each method.

    Its client `reads` retries commands. Its client `writes` never does: the Attempt or the revision shows whether a
    commit happened.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        reads, writes = connect(url, settings, retries=3), connect(url, settings, retries=0)
        Reading.__init__(self, reads)
        Writing.__init__(self, reads, writes, settings)
        Schedule.__init__(self, reads, writes)

    async def ping(self) -> None:
        with reachable("checking that it accepts writes"):
            await self.writes.set(READY, "1")

    async def reconnect(self) -> None:
        """Drop idle connections: they may have died while the store was away."""
        await drop_idle(self.reads, self.writes)

    async def close(self) -> None:
        await self.reads.aclose()
        await self.writes.aclose()
