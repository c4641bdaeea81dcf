"""The number of readers of each blog, over all processes and machines: base_reader_counts.Audience on Redis."""

from __future__ import annotations

from collections.abc import Mapping

from stoppress.settings import Settings
from stoppress.store.redis_connection import connect, drop_idle, reachable, script
from stoppress.store.redis_keys import Keys


class RedisAudience:
    """Reader counts in Redis. `process` identifies this process among all that share the store."""

    def __init__(self, url: str, settings: Settings, process: str) -> None:
        self._client = connect(url, settings, retries=0)
        self._process = process
        self._report = self._client.register_script(script("reader_counts"))
        self._others = self._client.register_script(script("other_readers"))

    async def report(self, readers: Mapping[str, int], *, holds: float) -> Mapping[str, int]:
        """Report readers, and return those of other processes; see base_reader_counts.Audience."""
        if not readers:
            return {}
        with reachable("summing up the readers"):
            async with self._client.pipeline(transaction=False) as pipe:
                for blog, number in readers.items():
                    await self._report([Keys(blog).readers], [self._process, number, int(holds * 1000)], client=pipe)
                answers = await pipe.execute()
        return dict(zip(readers, map(int, answers), strict=True))

    async def others(self, blog: str) -> int:
        """The number of readers in other processes; see base_reader_counts.Audience."""
        with reachable("summing up the readers"):
            return int(await self._others([Keys(blog).readers], [self._process]))

    async def reconnect(self) -> None:
        """Drop idle connections: they may have died while the store was away."""
        await drop_idle(self._client)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
