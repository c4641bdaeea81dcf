"""Downloads pictures from any server into a folder, each under the hash of its content."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path

import httpx2

from stoppress.errors import StopPressError

_AT_ONCE = 4
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/svg+xml": ".svg",
}


class Downloads:
    """Downloads pictures into `folder`, a few at a time.

    `files` maps the address of each downloaded picture to its file name, and `failures` maps that of each other picture
    to the reason. A picture may have at most `size` bytes and take at most `timeout` seconds.
    """

    def __init__(self, http: httpx2.AsyncClient, folder: Path, *, timeout: float, size: int) -> None:
        self.files: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self._http = http
        self._folder = folder
        self._timeout = timeout
        self._size = size
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def take(self, addresses: Iterable[str]) -> None:
        """Download the pictures at these addresses. Raises OSError when the folder can't be written."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for address in addresses:
                    tasks.create_task(self._take(address))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _take(self, address: str) -> None:
        async with self._turns:
            try:
                async with asyncio.timeout(self._timeout):
                    name, content = await self._read(address)
            except TimeoutError:
                self.failures[address] = f"the download took longer than {self._timeout:g} s"
            except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, StopPressError) as error:
                self.failures[address] = str(error) or type(error).__name__
            else:
                await asyncio.to_thread((self._folder / name).write_bytes, content)
                self.files[address] = name

    async def _read(self, address: str) -> tuple[str, bytes]:
        content = bytearray()
        async with self._http.stream("GET", address) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if not answer.is_success:
                raise StopPressError(f"the server answered {answer.status_code}")
            if kind not in _EXTENSIONS:
                raise StopPressError(f"expected a picture, but got {repr(kind) if kind else 'no Content-Type'}")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > self._size:
                    raise StopPressError(f"the picture has more than {self._size} bytes")
        return hashlib.sha256(content).hexdigest()[:24] + _EXTENSIONS[kind], bytes(content)
