"""Waiting for conditions, never for time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0  # seconds; only a failing test waits so long. A loaded machine may start a server in half a minute.


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return when the condition holds. An OSError or a refused connection counts as not yet."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if condition():
                return
        except (OSError, ConnectionError):
            pass
        except Exception as error:  # redis-py and httpx2 have their own names for "not there yet"
            if "connect" not in type(error).__name__.lower():
                raise
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain until {what}"
        time.sleep(0.01)  # between two looks at the condition


async def eventually(condition: Callable[[], Awaitable[object]], what: str, patience: float = PATIENCE) -> None:
    """Return when the awaited condition holds."""
    deadline = time.monotonic() + patience
    while not await condition():
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain until {what}"
        await asyncio.sleep(0.005)  # between two looks: others need the loop, and the processor
