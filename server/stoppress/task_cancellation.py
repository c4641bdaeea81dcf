"""Cancels tasks reliably, although one cancellation may be lost.

redis-py sends within asyncio.wait_for. Before Python 3.12, `wait_for` loses a cancellation that arrives in the very
step in which sending completes (python/cpython#86296). A task that loops forever would then never end, and a blocking
command to the store would keep blocking. So a task is cancelled repeatedly until it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_PATIENCE = 1.0  # seconds that a task has to end before it is cancelled again
_COMMAND_PATIENCE = 0.01  # the same for a command to the store, which has almost nothing to clean up


async def end(tasks: Sequence[asyncio.Task[Any]], *, patience: float = _PATIENCE) -> None:
    """Cancel the tasks, again every `patience` seconds, until all of them are done.

    Their exceptions are left to their owner, such as a TaskGroup.
    """
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=patience)


async def cancellable(command: Coroutine[Any, Any, Answer], *, patience: float = _COMMAND_PATIENCE) -> Answer:
    """Run a command to the store, and return its answer or raise its error.

    If the caller is cancelled, the command is ended before the cancellation continues.
    """
    task = asyncio.create_task(command)
    try:
        await asyncio.wait({task})
    finally:
        await end([task], patience=patience)
    return task.result()
