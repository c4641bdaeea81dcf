"""The audit log in Redis: implements base_audit_log.Audit.

There are two streams: one of writes, and one of refused requests. A token that may not write can make refused requests
without an end, and in one stream they would push out the entries of the writes. The log is read as one list.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice

from stoppress.model import rfc3339
from stoppress.settings import Settings
from stoppress.store.base_audit_log import Act
from stoppress.store.redis_connection import connect, drop_idle, reachable, script
from stoppress.store.redis_keys import AUDIT, AUDIT_REFUSED

_STREAMS = [AUDIT, AUDIT_REFUSED]


class RedisAudit:
    """The audit log in Redis.

    Keeps about the latest `audit_entries` writes and the latest `audit_refused_entries` refused requests, and nothing
    that is older than `audit_days`.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self._redis = connect(url, settings, retries=0)
        self._age = settings.audit_days * 86_400_000  # ms
        self._kept = [settings.audit_entries, settings.audit_refused_entries, self._age]
        self._append = self._redis.register_script(script("audit_append"))
        self._latest = self._redis.register_script(script("audit_latest"))

    async def append(self, acts: Sequence[Act]) -> None:
        """Append entries, in order; see base_audit_log.Audit."""
        if not acts:
            return
        arguments: list[int | str] = [*self._kept]
        for act in acts:
            fields = asdict(act) | {"at": rfc3339(act.at)}
            del fields["id"]
            arguments += [2 if act.status >= 400 else 1, json.dumps(fields)]
        with reachable("writing the audit log"):
            await self._append(keys=_STREAMS, args=arguments)

    async def latest(self, *, before: str | None, limit: int) -> Sequence[Act]:
        """Read the latest entries; see base_audit_log.Audit."""
        with reachable("reading the audit log"):
            streams = await self._latest(keys=_STREAMS, args=[f"({before}" if before else "+", limit, self._age])
        acts = [[_load(name, fields) for name, fields in stream] for stream in streams]
        return list(islice(heapq.merge(*acts, key=_order, reverse=True), limit))

    async def reconnect(self) -> None:
        """Drop idle connections: they may have died while the store was away."""
        await drop_idle(self._redis)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _load(name: str, fields: Sequence[str]) -> Act:
    """The entry with the id `name`. `fields` are the names and values of a stream's entry, in turn."""
    content = json.loads(fields[fields.index("act") + 1])
    # A newer version may have written more fields.
    known = {field: value for field, value in content.items() if field in Act.__dataclass_fields__}
    return Act(**known | {"at": datetime.fromisoformat(known["at"]), "id": name})


def _order(act: Act) -> tuple[int, int]:
    milliseconds, _, sequence = act.id.partition("-")
    return int(milliseconds), int(sequence)
