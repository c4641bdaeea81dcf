"""Opens everything that is stored: the blogs, their streams, the tokens, the audit log and the reader counts.

A server also runs `watch`, which finds out when the store is away.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stoppress.settings import Settings
from stoppress.store.audit_log import RedisAudit
from stoppress.store.embedded.server import EmbeddedValkey
from stoppress.store.reader_counts import RedisAudience
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from stoppress.store.store_watch import StoreWatch
from stoppress.store.tokens import RedisTokens


@dataclass(frozen=True, slots=True)
class Stores:
    """The open stores."""

    store: RedisStore
    log: RedisLog
    tokens: RedisTokens
    audit: RedisAudit
    audience: RedisAudience
    watch: StoreWatch

    async def reconnect(self) -> None:
        """Forget the connections that may have died while the store was away."""
        for part in (self.store, self.log, self.tokens, self.audit, self.audience):
            await part.reconnect()


@asynccontextmanager
async def open_stores(settings: Settings, *, own: bool = False) -> AsyncIterator[Stores]:
    """Open the stores that the settings name.

    The embedded store is started, and runs until the context exits, unless another process already runs it. With `own`,
    that is an error.

    Raises:
        Unavailable: the embedded store can't be started, or the store can't do what `durability` asks for.
    """
    embedded: EmbeddedValkey | None = None
    url = settings.redis_url
    if url is None:
        embedded = EmbeddedValkey(settings.data, settings.store_binary, memory=settings.embedded_memory)
        await asyncio.to_thread(embedded.start if own else embedded.attach)
        url = embedded.url
        # It fsyncs before each answer, so there is nothing to wait for. A Redis older than 7.2 could not (WAITAOF).
        settings = settings.model_copy(update={"durability": "server"})
    stores = Stores(
        RedisStore(url, settings),
        RedisLog(url, settings),
        RedisTokens(url, settings),
        RedisAudit(url, settings),
        RedisAudience(url, settings, process=secrets.token_hex(8)),
        StoreWatch(url, settings),
    )
    stores.watch.on_return(stores.reconnect)
    try:
        await stores.store.check_durability()
        yield stores
    finally:
        for part in (stores.store, stores.log, stores.tokens, stores.audit, stores.audience, stores.watch):
            await part.close()
        if embedded:
            await asyncio.to_thread(embedded.stop)
