"""Gives a retry of a request the first answer, even if the request would now be rejected (docs/decisions/0014).

By the time of the retry, a `publish_at` may have passed, or the blog may be archived. The store remembers which commit
an `Idempotency-Key` belongs to (store/idempotency.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from stoppress.errors import Conflict, Invalid
from stoppress.store.base import Attempt, Committed, Store


async def first_answer(store: Store, blog: str, attempt: Attempt | None) -> Sequence[Committed]:
    """The changes that the first attempt of a request committed. Empty for a first attempt, or without a key.

    Raises Invalid (the key was used for another request), Unavailable.
    """
    return await store.attempted(blog, attempt) if attempt else ()


@asynccontextmanager
async def or_first_answer(store: Store, blog: str, attempt: Attempt | None) -> AsyncIterator[list[Committed]]:
    """Yield the list that takes the results of a request. If the request is rejected, but was committed by an earlier
    attempt, the list gets the results of that attempt instead."""
    done: list[Committed] = []
    try:
        yield done
    except (Invalid, Conflict):
        earlier = await first_answer(store, blog, attempt)
        if not earlier:
            raise
        done += earlier
