"""Accepts uploaded pictures, and processes a few at a time in threads, outside the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from stoppress.errors import Unavailable
from stoppress.media.picture import Picture, make
from stoppress.media.storage import MediaStorage

_WAITING = 16  # pictures that may wait for a worker; each keeps its bytes in memory


class PictureIntake:
    """Makes pictures in `workers` threads, because Pillow decodes and encodes without the GIL. A few pictures more may
    wait; any beyond that are refused."""

    def __init__(self, storage: MediaStorage, *, workers: int, pixels: int) -> None:
        self.storage = storage
        self._pixels = pixels
        self._most = workers + _WAITING
        self._under_way = 0
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="picture")

    async def take(self, content: bytes) -> Picture:
        """Make the picture in all its widths, and store them.

        Raises Invalid when `content` is not a picture that is accepted, and Unavailable when too many pictures are
        waiting or the storage can't be reached.
        """
        if self._under_way >= self._most:
            raise Unavailable("too many pictures are being processed; try again in 5 s", retry_after=5)
        self._under_way += 1
        try:
            making = partial(make, content, pixels=self._pixels)
            picture = await asyncio.get_running_loop().run_in_executor(self._workers, making)
            for file in reversed(picture.files):
                await self.storage.put(file.name, file.content)
        finally:
            self._under_way -= 1
        return picture

    def close(self) -> None:
        """Stop the worker threads once they are done, and drop the pictures that wait."""
        self._workers.shutdown(wait=False, cancel_futures=True)
