"""Where pictures are kept: a folder, or a bucket that speaks S3. What has a name never changes."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url

from stoppress.errors import Unavailable

NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,3}-[0-9]{1,5}\.(jpg|png|webp|avif|gif)")


class MediaStorage(Protocol):
    """Keeps files by name. Putting one that is there already changes nothing."""

    async def put(self, name: str, content: bytes) -> None:
        """Return when it is kept. Raises Unavailable."""

    async def get(self, name: str) -> bytes | None:
        """Its content, or None. Raises Unavailable."""


def open_storage(url: str | None, folder: Path, *, patience: float) -> MediaStorage:
    """The bucket at `url` (`s3://bucket/prefix`; keys and endpoint from the environment, AWS_*), which may take
    `patience` seconds for one picture; or the folder."""
    return BucketStorage(url, patience) if url else FolderStorage(folder)


class FolderStorage:
    """A folder of folders by the first two letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """See MediaStorage. On disk (fsync) before it has its name."""
        try:
            await asyncio.to_thread(self._put, name, content)
        except OSError as error:
            raise Unavailable(f"the picture can't be written: {error.strerror or error}") from error

    async def get(self, name: str) -> bytes | None:
        """See MediaStorage."""
        return await asyncio.to_thread(self._get, name)

    def _put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as new:
            try:
                new.write(content)
                new.flush()
                os.fsync(new.fileno())
                os.replace(new.name, path)
            except OSError:
                os.unlink(new.name)
                raise
        place = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)

    def _get(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the picture {name} can't be read: {error.strerror or error}") from error

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


class BucketStorage:
    """Objects in a bucket, by obstore (the Rust object_store): it signs, retries and reuses connections."""

    def __init__(self, url: str, patience: float) -> None:
        self._store: Any = from_url(url)
        self._patience = patience

    async def put(self, name: str, content: bytes) -> None:
        """See MediaStorage."""
        with _reachable(f"taking the picture {name}", self._patience):
            async with asyncio.timeout(self._patience):
                await self._store.put_async(name, content)

    async def get(self, name: str) -> bytes | None:
        """See MediaStorage."""
        with _reachable(f"giving the picture {name}", self._patience):
            try:
                async with asyncio.timeout(self._patience):
                    found = await self._store.get_async(name)
                    return bytes(await found.bytes_async())
            except (NotFoundError, FileNotFoundError):
                return None


@contextmanager
def _reachable(doing: str, patience: float) -> Iterator[None]:
    """What obstore raises, as Unavailable: errors of its own, and Python's for what is not there or not allowed."""
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(f"the bucket did not answer within {patience:g} s while {doing}") from error
    except (BaseError, OSError) as error:
        raise Unavailable(f"the bucket refused while {doing}: {str(error)[:300]}") from error
