"""The client's files as browsers get them: without comments, compressed once, kept for a year.

The sources are commented for those who work on them; readers on a phone need not load that. Only comments and
white space go, by two
rules that the sources keep to (Biome formats them, and tests/web/test_client.py holds that the code stays the same):
no `/*` in a string or a pattern, and `//` comments on lines of their own.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

# What the platform's own list may lack; a module of the wrong type is not run by a browser.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/webp", ".webp")

_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
_MARGIN = re.compile(r"^[ \t]+|[ \t]+$|\n(?=\s*\n)", re.MULTILINE)
# After these a statement, a rule or a list goes on or is over: the new line says nothing.
_LINE_END = re.compile(r"(?<=[{;,(\[])\n+")
_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Encoding",
}


def served(name: str, content: bytes) -> bytes:
    """A file as it is sent: a module or a style sheet without comments and indentation."""
    if not name.endswith((".js", ".css")):
        return content
    text = _BLOCK.sub("", content.decode())
    if name.endswith(".js"):
        text = _LINE.sub("", text)
    return _LINE_END.sub("", _MARGIN.sub("", text)).lstrip().encode()


class ClientFiles:
    """Every file of the folder, and the newsroom's theme if there is one, in memory."""

    def __init__(self, folder: Path, theme: Path | None = None) -> None:
        paths = {path.name: path for path in sorted(folder.glob("*")) if path.suffix in (".js", ".css", ".svg")}
        if theme:
            paths["theme.css"] = theme
        self._files = {name: served(name, path.read_bytes()) for name, path in paths.items()}
        self._compressed = {name: gzip.compress(content, 9, mtime=0) for name, content in self._files.items()}
        digest = hashlib.sha256()
        for name, content in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + content)
        self.fingerprint = digest.hexdigest()[:12]

    async def file(self, request: Request) -> Response:
        """One file. Its address changes with any of them, so it is never asked for again."""
        name = request.path_params["name"]
        if name not in self._files:
            raise HTTPException(404)
        kind = mimetypes.guess_type(name)[0]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._compressed[name], headers={**_HEADERS, "content-encoding": "gzip"}, media_type=kind)
        return Response(self._files[name], headers=_HEADERS, media_type=kind)
