"""Stores pictures in a folder or in an S3-compatible bucket. The content of a name never changes."""

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
from stoppress.private_folders import create_private

NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,3}-[0-9]{1,5}\.(jpg|png|webp|avif|gif)")


class MediaStorage(Protocol):
    """Stores files by name. Storing a file again under the same name changes nothing."""

    async def put(self, name: str, content: bytes) -> None:
        """Store a file; return when it is stored. Raises Unavailable."""

    async def get(self, name: str) -> bytes | None:
        """The content of a file, or None when there is none of this name. Raises Unavailable."""


def open_storage(url: str | None, folder: Path, *, patience: float) -> MediaStorage:
    """The storage in the bucket at `url`, such as `s3://bucket/prefix`; in `folder` when `url` is None.

    A bucket's keys and endpoint come from the environment (AWS_*). `patience` is how many seconds the bucket may take
    for one picture.
    """
    return BucketStorage(url, patience) if url else FolderStorage(folder)


class FolderStorage:
    """Stores files in a folder, in subfolders named after the first two characters of the file's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Store a file. It is on disk (fsync) before it gets its name. Raises Unavailable."""
        try:
            await asyncio.to_thread(self._put, name, content)
        except OSError as error:
            raise Unavailable(f"the picture can't be written: {error.strerror or error}") from error

    async def get(self, name: str) -> bytes | None:
        """The content of a file, or None when there is none of this name. Raises Unavailable."""
        return await asyncio.to_thread(self._get, name)

    def _put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        create_private(path.parent)
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
    """Stores files in a bucket with obstore (the Rust object_store), which signs, retries and reuses connections."""

    def __init__(self, url: str, patience: float) -> None:
        self._store: Any = from_url(url)
        self._patience = patience

    async def put(self, name: str, content: bytes) -> None:
        """Store a file. Raises Unavailable when the bucket refuses it or takes too long."""
        with _reachable(f"storing the picture {name}", self._patience):
            async with asyncio.timeout(self._patience):
                await self._store.put_async(name, content)

    async def get(self, name: str) -> bytes | None:
        """The content of a file, or None when there is none of this name.

        Raises Unavailable when the bucket refuses the request or takes too long.
        """
        with _reachable(f"reading the picture {name}", self._patience):
            try:
                async with asyncio.timeout(self._patience):
                    found = await self._store.get_async(name)
                    return bytes(await found.bytes_async())
            except (NotFoundError, FileNotFoundError):
                return None


@contextmanager
def _reachable(doing: str, patience: float) -> Iterator[None]:
    """Turn the errors of obstore into Unavailable: its own, and Python's for a missing file or a missing permission."""
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(f"the bucket did not answer within {patience:g} s while {doing}") from error
    except (BaseError, OSError) as error:
        raise Unavailable(f"the bucket returned an error while {doing}: {str(error)[:300]}") from error
