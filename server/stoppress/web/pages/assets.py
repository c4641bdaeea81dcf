"""Serves the client's files: without comments, with the core modules joined, compressed once, cached for a year.

The sources have comments for developers, which readers need not load. Only comments and white space are removed, with
regular expressions. They are safe because the sources follow some rules: no `/*` in a string or a pattern, no quote in
a pattern, no template literal inside another, and `//` comments on lines of their own. Biome formats the sources, and
tests/web/pages/test_assets.py checks that the code stays the same.

The modules that every page needs are joined into one file, `live.js`: one request, and a third fewer bytes, because
repeated text compresses well. No source has this name, but templates have it, so it stays. The joined modules follow
two more rules: no two of them define the same top-level name, and no import is renamed.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stoppress.web.http.cache_control import EMBED, IMMUTABLE
from stoppress.web.http.cors import ANY_PAGE

# The modules that every page needs, each after the modules that it imports.
CORE = (
    "blog_state",
    "scroll_position",
    "unread",
    "view",
    "placement",
    "arrivals",
    "tabs",
    "backoff",
    "fallback",
    "connection",
    "page_updates",
)
# The platform's list may lack these types, and a browser does not run a module of another type.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/webp", ".webp")

_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
_MARGIN = re.compile(r"^[ \t]+|[ \t]+$|\n(?=\s*\n)", re.MULTILINE)
# In a module, spaces beside punctuation have no meaning either, except in a string.
_SPACES = re.compile(r"""("[^"\n]*"|`[^`]*`)| ?([=<>{}(),;:?&|]) ?""")
# A line break after an opening bracket, a semicolon or a comma, or before a closing brace, has no meaning.
_LINE_END = re.compile(r"(?<=[{;,(\[])\n+|\n+(?=})")
_IMPORT = re.compile(rf'^(import {{[^}}]*}} from "\./)({"|".join(CORE)})(\.js";\n)', re.MULTILINE)
_HEADERS = {
    "cache-control": IMMUTABLE,
    **ANY_PAGE,
    "x-content-type-options": "nosniff",
    "vary": "Accept-Encoding",
}


def served(name: str, content: bytes) -> bytes:
    """A file as it is sent: a module or style sheet without comments and unneeded white space."""
    if not name.endswith((".js", ".css")):
        return content
    text = _BLOCK.sub("", content.decode())
    if name.endswith(".js"):
        text = _SPACES.sub(r"\1\2", _LINE.sub("", text))
    return _LINE_END.sub("", _MARGIN.sub("", text)).lstrip().encode()


def joined(files: dict[str, bytes]) -> bytes:
    """The core modules joined into one, with the exports of all. `files` are all sources, by name."""
    return b"".join(_IMPORT.sub("", files[f"{name}.js"].decode()).encode() for name in CORE)


def redirected(name: str, content: bytes) -> bytes:
    """A module from outside the core, with its imports from core modules changed to `live.js`."""
    if not name.endswith(".js"):
        return content
    return _IMPORT.sub(r"\1live\3", content.decode()).encode()


class Assets:
    """All files of the client's folder in memory, with the newsroom's theme if there is one."""

    def __init__(self, folder: Path, theme: Path | None = None) -> None:
        paths = {path.name: path for path in sorted(folder.glob("*")) if path.suffix in (".js", ".css", ".svg")}
        if theme:
            paths["theme.css"] = theme
        sources = {name: path.read_bytes() for name, path in paths.items()}
        core = {f"{name}.js" for name in CORE}
        # The content to send, by file name.
        self.files = {name: served(name, redirected(name, text)) for name, text in sources.items() if name not in core}
        self.files["live.js"] = served("live.js", joined(sources))
        self._compressed = {name: gzip.compress(content, 9, mtime=0) for name, content in self.files.items()}
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + content)
        self.fingerprint = digest.hexdigest()[:12]

    async def embed(self, request: Request) -> Response:
        """Redirect from the fixed address that newsrooms use in their pages to the current `embed.js`."""
        headers = {"cache-control": EMBED, **ANY_PAGE}
        return RedirectResponse(f"/client/{self.fingerprint}/embed.js", 302, headers=headers)

    async def file(self, request: Request) -> Response:
        """One file. Its address changes when any file does, so browsers never need to revalidate it."""
        name = request.path_params["name"]
        if name not in self.files:
            raise HTTPException(404)
        kind = mimetypes.guess_type(name)[0]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._compressed[name], headers={**_HEADERS, "content-encoding": "gzip"}, media_type=kind)
        return Response(self.files[name], headers=_HEADERS, media_type=kind)
