"""Retries an edit if another edit was committed first and the caller named no revision."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

_TRIES = 40
_LONGEST = 0.1  # seconds between two tries


async def tries() -> AsyncIterator[int]:
    """Yield the number of each attempt, from 0 to 39, and wait between them with exponential back-off and full jitter.

    When many editors change one post at the same time, one succeeds in each round, and jitter spreads the others'
    retries (Brooker, "Exponential Backoff And Jitter", 2015).
    """
    for n in range(_TRIES):
        if n:
            await asyncio.sleep(random.uniform(0, min(_LONGEST, 0.001 * 2**n)))
        yield n
