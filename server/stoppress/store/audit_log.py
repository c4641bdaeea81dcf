"""The audit log: base_audit_log.Audit as one stream in Redis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from stoppress.model import rfc3339
from stoppress.settings import Settings
from stoppress.store.base_audit_log import Act
from stoppress.store.redis_connection import connect, drop_idle, reachable
from stoppress.store.redis_keys import AUDIT


class RedisAudit:
    """The audit log in Redis. Keeps about the latest `audit_entries` entries."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._redis = connect(url, settings, retries=0)
        self._kept = settings.audit_entries

    async def append(self, acts: Sequence[Act]) -> None:
        """Append entries, in order; see base_audit_log.Audit."""
        with reachable("writing the audit log"):
            async with self._redis.pipeline(transaction=False) as pipe:
                for act in acts:
                    fields = asdict(act) | {"at": rfc3339(act.at)}
                    del fields["id"]
                    pipe.xadd(AUDIT, {"act": json.dumps(fields)}, maxlen=self._kept, approximate=True)
                await pipe.execute()

    async def latest(self, *, before: str | None, limit: int) -> Sequence[Act]:
        """Read the latest entries; see base_audit_log.Audit."""
        with reachable("reading the audit log"):
            found = await self._redis.xrevrange(AUDIT, f"({before}" if before else "+", "-", count=limit)
        return [replace(_load(entry["act"]), id=name) for name, entry in found]

    async def reconnect(self) -> None:
        """Drop idle connections: they may have died while the store was away."""
        await drop_idle(self._redis)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _load(text: str) -> Act:
    # A newer version may have written more fields.
    known = {name: value for name, value in json.loads(text).items() if name in Act.__dataclass_fields__}
    return Act(**known | {"at": datetime.fromisoformat(known["at"])})
