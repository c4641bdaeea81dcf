"""Ending tasks for sure.

redis-py sends within asyncio.wait_for, which before Python 3.12 swallows a cancellation that comes in the very step in
which the sending ends (python/cpython#86296). A task that goes round for ever would then go round for ever more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

_PATIENCE = 1.0  # seconds for what a task does when it is cancelled, before it is told again


async def end(tasks: Sequence[asyncio.Task[None]], *, patience: float = _PATIENCE) -> None:
    """Cancel the tasks, every `patience` seconds anew, until each of them is done. What they raised is for their owner,
    such as a TaskGroup."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=patience)
