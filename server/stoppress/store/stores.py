"""All that is kept, open together: the blogs, their histories, the tokens, the audit log and the numbers of readers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stoppress.settings import Settings
from stoppress.store.audit_log import RedisAudit
from stoppress.store.embedded_valkey import EmbeddedValkey
from stoppress.store.reader_counts import RedisAudience
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from stoppress.store.tokens import RedisTokens


@dataclass(frozen=True, slots=True)
class Stores:
    """The store and what belongs to it, open."""

    store: RedisStore
    log: RedisLog
    tokens: RedisTokens
    audit: RedisAudit
    audience: RedisAudience


@asynccontextmanager
async def open_stores(settings: Settings, *, own: bool = False) -> AsyncIterator[Stores]:
    """The stores that the settings name. The embedded one is started for as long as this lasts, unless another process
    runs it already; with `own` that is an error. Raises Unavailable."""
    embedded: EmbeddedValkey | None = None
    url = settings.redis_url
    if url is None:
        embedded = EmbeddedValkey(settings.data)
        await asyncio.to_thread(embedded.start if own else embedded.attach)
        url = embedded.url
    stores = Stores(
        RedisStore(url, settings),
        RedisLog(url, settings),
        RedisTokens(url, settings),
        RedisAudit(url, settings),
        RedisAudience(url, settings, process=secrets.token_hex(8)),
    )
    try:
        yield stores
    finally:
        for part in (stores.store, stores.log, stores.tokens, stores.audit, stores.audience):
            await part.close()
        if embedded:
            await asyncio.to_thread(embedded.stop)
