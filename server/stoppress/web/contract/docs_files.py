"""The files that `/docs` loads: its own script and style sheet, and Scalar, which the wheel of `stopments` carries."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from stoppress.web.http.cache_control import IMMUTABLE

_PAGE = files("stoppress.web.contract") / "docs_page"
_HEADERS = {"cache-control": IMMUTABLE, "vary": "Accept-Encoding", "x-content-type-options": "nosniff"}


class DocsFiles:
    """Serves the files of `/docs`. They stay on disk until somebody opens the page."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[str, Traversable]] = {
            "docs.css": ("text/css", _PAGE / "docs.css"),
            "docs.js": ("text/javascript", _PAGE / "docs.js"),
            "scalar.js": ("text/javascript", files("stopments") / "static" / "scalar-api-reference.js"),
        }
        self._compressed: dict[str, bytes] = {}
        digest = hashlib.sha256()
        for _, source in self._sources.values():
            digest.update(source.read_bytes())
        # The address changes when any file does, so browsers never need to revalidate one.
        self.folder = f"/docs/{digest.hexdigest()[:12]}"
        self.page = (_PAGE / "docs.html").read_text(encoding="utf-8").replace("{folder}", self.folder)

    async def file(self, request: Request) -> Response:
        """One file, compressed if the browser accepts that."""
        name = request.path_params["name"]
        if name not in self._sources:
            raise HTTPException(404)
        media_type, source = self._sources[name]
        # Scalar has 4.5 MB: to read and compress it takes long enough to delay live readers, so a thread does both.
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(await to_thread.run_sync(source.read_bytes), headers=_HEADERS, media_type=media_type)
        if name not in self._compressed:
            self._compressed[name] = await to_thread.run_sync(lambda: gzip.compress(source.read_bytes(), 6, mtime=0))
        headers = {**_HEADERS, "content-encoding": "gzip"}
        return Response(self._compressed[name], headers=headers, media_type=media_type)


@cache
def docs_files() -> DocsFiles:
    """The files, read once in each process."""
    return DocsFiles()
