"""How an edit that named no revision is made anew when another editor was first."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

_TRIES = 40
_LONGEST = 0.1  # seconds between two tries


async def tries() -> AsyncIterator[int]:
    """One number for each try, with full jitter between them (Brooker, "Exponential Backoff And Jitter", 2015): of
    many editors who meet at one post, one gets through each time, and the others don't come back all at once."""
    for n in range(_TRIES):
        if n:
            await asyncio.sleep(random.uniform(0, min(_LONGEST, 0.001 * 2**n)))
        yield n
