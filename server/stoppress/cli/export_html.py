"""`stoppress export --html`: downloads a blog and its pictures into a folder that can be read without a server."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2

from stoppress.api_client import TIMEOUT, ApiClient
from stoppress.cli.download_pictures import Downloads
from stoppress.errors import NotFound, StopPressError
from stoppress.model import Blog, Post
from stoppress.render.html_archive import archive, pictures
from stoppress.store.record_format import load_blog, load_post

_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)">')
_CLIENT = re.compile(r'<link rel="(?:stylesheet|icon)"[^>]* href="([^"]+)">')


class HtmlExport:
    """Exports one blog from the server at `url`.

    A picture may have at most `picture_bytes` and take at most `picture_timeout` seconds; others are linked instead.
    """

    def __init__(self, url: str, token: str | None, blog: str, *, picture_timeout: float, picture_bytes: int) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._blog = blog
        self._picture_timeout = picture_timeout
        self._picture_bytes = picture_bytes

    async def write(self, folder: Path) -> Sequence[str]:
        """Write the folder. Returns lines to print: one for each picture that could not be downloaded, and a summary.

        Raises StopPressError when the folder is not empty or can't be written; NotFound; Unavailable. After an error
        nothing is left in the folder.
        """
        was_there = await asyncio.to_thread(_check, folder)
        blog, posts = await self._what_readers_see()
        whole = False
        try:
            said = await self._fill(folder, blog, posts)
            whole = True
        except OSError as error:
            raise StopPressError(f"{folder} can't be written: {error.strerror or error}") from error
        finally:
            if not whole:
                await asyncio.to_thread(_clear, folder, keep=was_there)
        return said

    async def _what_readers_see(self) -> tuple[Blog, Sequence[Post]]:
        async with ApiClient(self._url, self._token) as api:
            found = await api.blog(self._blog)
            if found is None:
                raise NotFound(f"there is no blog {self._blog!r} at {self._url}")
            return load_blog(found), [load_post(post) for post in await api.all_posts(self._blog)]

    async def _fill(self, folder: Path, blog: Blog, posts: Sequence[Post]) -> Sequence[str]:
        media = folder / "media"
        await asyncio.to_thread(media.mkdir, parents=True, exist_ok=True)
        # Pictures may be on any server, so they are requested without the token.
        async with httpx2.AsyncClient(base_url=self._url, timeout=TIMEOUT, follow_redirects=True) as http:
            page = (await self._read(http, f"/blogs/{self._blog}")).decode()
            styles = {Path(path).name: await self._read(http, path) for path in _CLIENT.findall(page)}
            downloads = Downloads(http, media, timeout=self._picture_timeout, size=self._picture_bytes)
            await downloads.take(pictures(posts))
        canonical = _CANONICAL.search(page)
        texts = archive(
            blog,
            posts,
            {address: f"media/{name}" for address, name in downloads.files.items()},
            url=canonical[1] if canonical else f"{self._url}/blogs/{self._blog}",
            theme="theme.css" in styles,
        )
        contents = styles | {name: text.encode() for name, text in texts.items()}
        await asyncio.to_thread(_store, folder, contents)
        return [
            *(f"not downloaded, linked instead: {address} ({why})" for address, why in downloads.failures.items()),
            f"{len(posts)} posts and {len(downloads.files)} pictures are in {folder}; open {folder / 'index.html'}",
        ]

    async def _read(self, http: httpx2.AsyncClient, path: str) -> bytes:
        try:
            answer = await http.get(path)
        except httpx2.HTTPError as error:
            raise StopPressError(f"{self._url}{path} can't be read: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise StopPressError(f"{self._url}{path} can't be read: the server answered {answer.status_code}")
        return answer.content


def _check(folder: Path) -> bool:
    """Whether the folder exists already. Raises StopPressError when it is not empty, or not a folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StopPressError(f"expected the name of a new or empty folder, but {folder} has content or is a file")
    return folder.exists()


def _store(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _clear(folder: Path, *, keep: bool) -> None:
    """Delete everything in the folder, and the folder itself unless `keep` is true."""
    for child in folder.iterdir() if folder.is_dir() else ():
        if child.is_dir():
            shutil.rmtree(child, ignore_errors=True)
        else:
            child.unlink(missing_ok=True)
    if not keep and folder.is_dir():
        folder.rmdir()
