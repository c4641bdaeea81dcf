"""Keeps background work running. An error in it must never end the server, which would disconnect every reader."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before each restart; the last repeats
_STEADY = 60.0  # seconds; work that ran this long begins with the first pause again

_log = logging.getLogger("stoppress.background")


def _count_nothing(name: str) -> None:
    pass


async def keep_running(
    name: str,
    work: Callable[[], Awaitable[object]],
    count_failure: Callable[[str], object] = _count_nothing,
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Run `work` until it returns or this is cancelled. If it raises, log the error and run it again after a pause.

    `count_failure` is called with the `name` of the work that failed.
    """
    failures = 0
    while True:
        began = time.monotonic()
        try:
            await work()
            return
        except Exception:  # of any kind: see above
            if time.monotonic() - began > _STEADY:
                failures = 0
            pause = PAUSES[min(failures, len(PAUSES) - 1)]
            _log.exception("Unexpected error in the background work %r; starting it again in %g s", name, pause)
            count_failure(name)
            failures += 1
            await sleep(pause)
