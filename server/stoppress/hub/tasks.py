"""The owner of the hub's short tasks, which open channels or read from the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from stoppress.errors import Unavailable


class ShortTasks:
    """Starts tasks while the hub runs. A task must not raise, because that would stop the hub."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None

    @property
    def accepting(self) -> bool:
        """Whether tasks can be started now."""
        return self._group is not None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[asyncio.TaskGroup]:
        """Accept tasks until `close`.

        All of them have ended when the context exits. Yields the group, which also owns the hub's long-running tasks.
        """
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield group
            finally:
                self.close()

    def close(self) -> None:
        """Accept no more tasks."""
        self._group = None

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a task. Raises Unavailable if the hub is not running."""
        if self._group is None:
            work.close()
            raise Unavailable("this server is shutting down; try again")
        return self._group.create_task(work)
