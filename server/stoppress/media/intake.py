"""Taking pictures in, a few at a time, beside the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from stoppress.errors import Unavailable
from stoppress.media.picture import Picture, make
from stoppress.media.storage import MediaStorage

_WAITING = 16  # pictures that wait for a worker, at most: each holds its bytes in memory


class PictureIntake:
    """`workers` threads make pictures (Pillow decodes and encodes without Python's lock); some may wait, no more."""

    def __init__(self, storage: MediaStorage, *, workers: int, pixels: int) -> None:
        self.storage = storage
        self._pixels = pixels
        self._most = workers + _WAITING
        self._under_way = 0
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="picture")

    async def take(self, content: bytes) -> Picture:
        """The picture, made and kept in all widths. Raises Invalid, Unavailable."""
        if self._under_way >= self._most:
            raise Unavailable("too many pictures are being made already", retry_after=5)
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
        """Let the threads go."""
        self._workers.shutdown(wait=False, cancel_futures=True)
