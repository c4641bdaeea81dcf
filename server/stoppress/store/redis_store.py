"""The store on Redis (7 or newer) or Valkey: the contract of base.py, with the Lua scripts beside this file."""

from __future__ import annotations

from stoppress.settings import Settings
from stoppress.store.due_posts import Schedule
from stoppress.store.durable_writes import Writing
from stoppress.store.reads import Reading
from stoppress.store.redis_connection import connect, reachable


class RedisStore(Reading, Writing, Schedule):
    """Blogs and posts in Redis; see base.Store for what each method promises.

    Of its two clients, `reads` tries a command again by itself, and `writes` never does: whether a commit happened, its
    Attempt or revision tells.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        reads, writes = connect(url, settings, retries=3), connect(url, settings, retries=0)
        Reading.__init__(self, reads)
        Writing.__init__(self, reads, writes, settings)
        Schedule.__init__(self, reads, writes)

    async def ping(self) -> None:
        with reachable("asking whether it is there"):
            await self.writes.set("stoppress:ready", "1")

    async def close(self) -> None:
        await self.reads.aclose()
        await self.writes.aclose()
