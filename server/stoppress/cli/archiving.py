"""`stoppress export --html`: takes a blog and its pictures from a server, and writes a folder that needs none."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2

from stoppress.errors import NotFound, StopPressError
from stoppress.model import Blog, Post
from stoppress.remote_desk import RemoteDesk
from stoppress.render.archive import archive, pictures

PICTURE_BYTES = 20_971_520  # of one picture, at most
PICTURE_SECONDS = 30.0  # for one picture, at most
_AT_ONCE = 4
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/svg+xml": ".svg",
}
_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)">')
_CLIENT = re.compile(r'<link rel="(?:stylesheet|icon)"[^>]* href="([^"]+)">')


class Archiving:
    """One blog of the server at `url`."""

    def __init__(self, url: str, token: str | None, blog: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._blog = blog

    async def write(self, folder: Path) -> Sequence[str]:
        """Make the folder; what to say of it, a line for each picture that could not be had among it.

        Raises StopPressError when the folder is there and not empty, or can't be written; NotFound; Unavailable.
        """
        await asyncio.to_thread(_check, folder)
        async with RemoteDesk(self._url, self._token) as desk:
            found = await desk.blog(self._blog)
            if found is None:
                raise NotFound(f"there is no blog {self._blog!r} at {self._url}")
            blog = Blog.model_validate(found)
            posts = [Post.model_validate(post) for post in await desk.all_posts(self._blog)]
        # Pictures may be anywhere: they are asked for without the token.
        async with httpx2.AsyncClient(timeout=PICTURE_SECONDS, follow_redirects=True) as http:
            page = await self._page(http)
            styles = {Path(path).name: await self._read(http, path) for path in _CLIENT.findall(page)}
            files, failures = await self._pictures(http, pictures(posts))
        canonical = _CANONICAL.search(page)
        texts = archive(
            blog,
            posts,
            {address: f"media/{name}" for address, (name, _) in files.items()},
            url=canonical[1] if canonical else f"{self._url}/blogs/{self._blog}",
            theme="theme.css" in styles,
        )
        contents = styles | {f"media/{name}": content for name, content in files.values()}
        contents |= {name: text.encode() for name, text in texts.items()}
        await asyncio.to_thread(_store, folder, contents)
        return [
            *(f"not in it, and linked instead: {address} ({why})" for address, why in failures.items()),
            f"{len(posts)} posts and {len(files)} pictures are in {folder}; open {folder / 'index.html'}",
        ]

    async def _page(self, http: httpx2.AsyncClient) -> str:
        return (await self._read(http, f"/blogs/{self._blog}")).decode()

    async def _read(self, http: httpx2.AsyncClient, path: str) -> bytes:
        try:
            answer = await http.get(self._url + path)
        except httpx2.HTTPError as error:
            raise StopPressError(f"{self._url}{path} can't be read: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise StopPressError(f"{self._url}{path} answers {answer.status_code}")
        return answer.content

    async def _pictures(
        self, http: httpx2.AsyncClient, addresses: Sequence[str]
    ) -> tuple[Mapping[str, tuple[str, bytes]], Mapping[str, str]]:
        """File name and content of each that could be had, and why the others could not."""
        files: dict[str, tuple[str, bytes]] = {}
        failures: dict[str, str] = {}
        turns = asyncio.Semaphore(_AT_ONCE)

        async def take(address: str) -> None:
            try:
                async with turns, asyncio.timeout(PICTURE_SECONDS):
                    files[address] = await self._picture(http, address)
            except TimeoutError:
                failures[address] = f"it took longer than {PICTURE_SECONDS:.0f} s"
            except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, StopPressError) as error:
                failures[address] = str(error) or type(error).__name__

        async with asyncio.TaskGroup() as tasks:
            for address in addresses:
                tasks.create_task(take(address))
        return files, failures

    async def _picture(self, http: httpx2.AsyncClient, address: str) -> tuple[str, bytes]:
        content = bytearray()
        async with http.stream("GET", self._url + address if address.startswith("/") else address) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if not answer.is_success:
                raise StopPressError(f"it answers {answer.status_code}")
            if kind not in _EXTENSIONS:
                raise StopPressError(f"expected a picture, but got {kind or 'what has no type'!r}")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > PICTURE_BYTES:
                    raise StopPressError(f"it has more than {PICTURE_BYTES} bytes")
        return hashlib.sha256(content).hexdigest()[:24] + _EXTENSIONS[kind], bytes(content)


def _check(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StopPressError(f"{folder} is there already; expected the name of a new or empty folder")


def _store(folder: Path, contents: Mapping[str, bytes]) -> None:
    try:
        (folder / "media").mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise StopPressError(f"{folder} can't be written: {error.strerror or error}") from error
