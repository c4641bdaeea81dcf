"""Ending work for sure, although a cancellation may be lost.

redis-py sends within asyncio.wait_for, which before Python 3.12 swallows a cancellation that comes in the very step in
which the sending ends (python/cpython#86296). A task that goes round for ever would then go round for ever more, and a
command that blocks at the store would go on blocking. So one cancellation is never relied on: a task is cancelled again
and again until it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_PATIENCE = 1.0  # seconds for what a task does when it is cancelled, before it is told again
_COMMAND_PATIENCE = 0.01  # the same for a command to the store, which does next to nothing


async def end(tasks: Sequence[asyncio.Task[Any]], *, patience: float = _PATIENCE) -> None:
    """Cancel the tasks, every `patience` seconds anew, until each of them is done. What they raised is for their owner,
    such as a TaskGroup."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=patience)


async def cancellable(command: Coroutine[Any, Any, Answer], *, patience: float = _COMMAND_PATIENCE) -> Answer:
    """The answer of a command to the store, or what it raises. When the caller is cancelled, the command is ended
    before the cancellation goes on."""
    task = asyncio.create_task(command)
    try:
        await asyncio.wait({task})
    finally:
        await end([task], patience=patience)
    return task.result()
