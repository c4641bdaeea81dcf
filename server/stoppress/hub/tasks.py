"""The owner of the hub's short tasks: those that open a channel, or fetch from the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from stoppress.errors import Unavailable


class ShortTasks:
    """Makes tasks while the hub runs. A task must not raise: that would end the hub."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None

    @property
    def accepting(self) -> bool:
        """Whether tasks can be made now."""
        return self._group is not None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[asyncio.TaskGroup]:
        """Accept tasks until `close`; at the end of the context all of them are over. The group takes the hub's lasting
        tasks as well."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield group
            finally:
                self.close()

    def close(self) -> None:
        """Accept no more."""
        self._group = None

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a task. Raises Unavailable when the hub does not run."""
        if self._group is None:
            work.close()
            raise Unavailable("this server is going away")
        return self._group.create_task(work)
