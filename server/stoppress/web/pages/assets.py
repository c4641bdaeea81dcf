"""The client's files as browsers get them: without comments, the core as one, compressed once, kept for a year.

The sources are commented for those who work on them; readers on a phone need not load that. Only comments and
white space go, by rules that the sources keep to (Biome formats them, and tests/web/pages/test_assets.py holds
that the code stays the same): no `/*` in a string or a pattern, no quote in a pattern, no template literal within
another, and `//` comments on lines of their own.

The modules that every page needs are joined to one, `live.js`: one request, and a third less to load, since what is
alike is said once. They keep to two more rules: no name is used by two of them at their top, and nothing is renamed on
its way from one to another.
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

# The modules that every page needs, each after those that it imports.
CORE = ("blog_state", "scroll_position", "unread", "view", "placement", "arrivals", "tabs", "backoff", "socket", "live")
# What the platform's own list may lack; a module of the wrong type is not run by a browser.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/webp", ".webp")

_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
_MARGIN = re.compile(r"^[ \t]+|[ \t]+$|\n(?=\s*\n)", re.MULTILINE)
# In a module, the spaces beside punctuation say nothing either, except within a string.
_SPACES = re.compile(r"""("[^"\n]*"|`[^`]*`)| ?([=<>{}(),;:?&|]) ?""")
# Where a statement, a rule or a list goes on or is over the new line says nothing.
_LINE_END = re.compile(r"(?<=[{;,(\[])\n+|\n+(?=})")
_IMPORT = re.compile(rf'^(import {{[^}}]*}} from "\./)({"|".join(CORE)})(\.js";\n)', re.MULTILINE)
_HEADERS = {
    "cache-control": IMMUTABLE,
    **ANY_PAGE,
    "x-content-type-options": "nosniff",
    "vary": "Accept-Encoding",
}


def served(name: str, content: bytes) -> bytes:
    """A file as it is sent: a module or a style sheet without comments and needless white space."""
    if not name.endswith((".js", ".css")):
        return content
    text = _BLOCK.sub("", content.decode())
    if name.endswith(".js"):
        text = _SPACES.sub(r"\1\2", _LINE.sub("", text))
    return _LINE_END.sub("", _MARGIN.sub("", text)).lstrip().encode()


def joined(files: dict[str, bytes]) -> bytes:
    """The core's modules as one that exports what each of them does. Each comes after those that it needs."""
    return b"".join(_IMPORT.sub("", files[f"{name}.js"].decode()).encode() for name in CORE)


def redirected(name: str, content: bytes) -> bytes:
    """A module outside the core, which gets what it needs of the core from the one file."""
    if not name.endswith(".js"):
        return content
    return _IMPORT.sub(r"\1live\3", content.decode()).encode()


class Assets:
    """Every file of the folder, and the newsroom's theme if there is one, in memory."""

    def __init__(self, folder: Path, theme: Path | None = None) -> None:
        paths = {path.name: path for path in sorted(folder.glob("*")) if path.suffix in (".js", ".css", ".svg")}
        if theme:
            paths["theme.css"] = theme
        sources = {name: path.read_bytes() for name, path in paths.items()}
        core = {f"{name}.js" for name in CORE}
        # What is sent, by name.
        self.files = {name: served(name, redirected(name, text)) for name, text in sources.items() if name not in core}
        self.files["live.js"] = served("live.js", joined(sources))
        self._compressed = {name: gzip.compress(content, 9, mtime=0) for name, content in self.files.items()}
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + content)
        self.fingerprint = digest.hexdigest()[:12]

    async def embed(self, request: Request) -> Response:
        """The way to today's `embed.js`, from the address that newsrooms write into their own pages."""
        headers = {"cache-control": EMBED, **ANY_PAGE}
        return RedirectResponse(f"/client/{self.fingerprint}/embed.js", 302, headers=headers)

    async def file(self, request: Request) -> Response:
        """One file. Its address changes with any of them, so it is never asked for again."""
        name = request.path_params["name"]
        if name not in self.files:
            raise HTTPException(404)
        kind = mimetypes.guess_type(name)[0]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._compressed[name], headers={**_HEADERS, "content-encoding": "gzip"}, media_type=kind)
        return Response(self.files[name], headers=_HEADERS, media_type=kind)
