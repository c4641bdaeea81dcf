"""Accepts uploaded pictures, and processes a few at a time, each in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor

from stoppress.errors import Unavailable
from stoppress.media.decoder_process import DecoderProcesses
from stoppress.media.picture import Picture
from stoppress.media.storage import MediaStorage

_STOPPING = "the server is stopping; send the picture again"
_WAITING = 16  # pictures that may wait for a worker; each keeps its bytes in memory


class PictureIntake:
    """Makes at most `workers` pictures at the same time. A few pictures more may wait; any beyond that are refused."""

    def __init__(self, storage: MediaStorage, decoders: DecoderProcesses, *, workers: int) -> None:
        self.storage = storage
        self._decoders = decoders
        self._most = workers + _WAITING
        self._under_way = 0
        self._stopping = False
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="picture")  # each waits for its process

    async def take(self, content: bytes) -> Picture:
        """Make the picture in all its widths, and store them.

        Raises Invalid when `content` is not a picture that is accepted, and Unavailable when too many pictures are
        waiting, the storage can't be reached or the server is stopping.
        """
        if self._stopping:
            raise Unavailable(_STOPPING)
        if self._under_way >= self._most:
            raise Unavailable("too many pictures are being processed; try again in 5 s", retry_after=5)
        self._under_way += 1
        try:
            digest = hashlib.sha256(content).hexdigest()[:32]
            loop = asyncio.get_running_loop()
            picture = await loop.run_in_executor(self._workers, self._decoders.make, content, digest)
            for file in reversed(picture.files):
                await self.storage.put(file.name, file.content)
        except asyncio.CancelledError:
            # Its future by `stop`, or the task by an ASGI server whose time to stop is over.
            if self._stopping:
                raise Unavailable(_STOPPING) from None
            raise
        finally:
            self._under_way -= 1
        return picture

    def stop(self) -> None:
        """Take no more pictures, and refuse those that wait. Those that are being made go on."""
        self._stopping = True
        self._workers.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop, and kill the processes."""
        self.stop()
        self._decoders.close()
