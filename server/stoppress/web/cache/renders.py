"""Bounds how many pages are rendered at a time, and renders them outside the event loop.

A page of 50 posts takes tens of milliseconds of Python, and whoever asks for other variants of a page can have as many
rendered. In one thread, rendering takes at most half of the interpreter's time, in turns of 5 ms
(`sys.getswitchinterval`), however many pages are asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stoppress.errors import Unavailable

AT_ONCE = 2  # pages that are made at a time: one is rendered while the next one's posts are read
WAITING_MAX = 40  # pages that may wait for that: about 4 s

Made = TypeVar("Made")


class Renders:
    """The pages that are being made in this process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="render")

    async def make(self, make: Callable[[], Awaitable[Made]]) -> Made:
        """What `make` returns. It is called when fewer than AT_ONCE others are under way.

        Raises Unavailable when WAITING_MAX others are waiting, and what `make` raises.
        """
        if self._under_way >= AT_ONCE + WAITING_MAX:
            raise Unavailable("too many different pages are being rendered; try again in 2 s", retry_after=2)
        self._under_way += 1
        try:
            async with self._places:
                return await make()
        finally:
            self._under_way -= 1

    async def in_thread(self, render: Callable[[], Made]) -> Made:
        """What `render` returns, called in the one thread that renders. Raises what `render` raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, render)
