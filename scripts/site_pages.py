"""Gathers the pages of the documentation site in a folder, from which `make docs` builds it in build/docs.

    .venv/bin/python scripts/site_pages.py build/site

README.md is the site's first page. Pages of docs/ keep their places. A link to a file of the checkout that is no page
becomes the file's name. Two pages are made from the contract: contract_pages.py.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from contract_pages import http_page, messages_page

ROOT = Path(__file__).parents[1]
DOCS = "docs/"
# Where pages from outside docs/ stand in the site.
ELSEWHERE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
MADE = {"reference/http.md": http_page, "reference/messages.md": messages_page}
_ASSETS = {".css", ".png", ".svg"}
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\((?!\w+:)([^)\s]+)\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def pages() -> dict[str, str]:
    """The pages made from Markdown of the checkout: their place in the site, by their path in the checkout."""
    found = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return {path: path.removeprefix(DOCS) for path in found} | ELSEWHERE


def title(path: str) -> str:
    """The first heading of a page of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def with_links(text: str, path: str, places: dict[str, str]) -> str:
    """The text of the page at `path` of the checkout, with its links as they have to be in the site."""

    def link(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        file = normpath(str(PurePosixPath(path).parent / target))
        for candidate in (file, f"{file}/README.md"):
            if candidate in places:
                place = relpath(places[candidate], PurePosixPath(places[path]).parent)
                # A link that is named by its path in the checkout gets the title of the page.
                name = title(candidate) if words == target else words
                return f"[{name}]({place}{anchor})"
        return words if words.strip("`").endswith(file) else f"{words} (`{file}`)"

    def image(match: re.Match[str]) -> str:
        file = normpath(str(PurePosixPath(path).parent / match[2]))
        return f"![{match[1]}]({relpath(file.removeprefix(DOCS), PurePosixPath(places[path]).parent)})"

    # Code in fences is left alone: those parts are every second one.
    parts = _FENCE.split(text)
    parts[::2] = [_IMAGE.sub(image, _LINK.sub(link, part)) for part in parts[::2]]
    return "".join(parts)


def write(folder: Path) -> None:
    """Write every page into a folder, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    places = pages()
    texts = {place: make() for place, make in MADE.items()}
    for path, place in places.items():
        texts[place] = with_links((ROOT / path).read_text(encoding="utf-8"), path, places)
    for place, text in texts.items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for file in (ROOT / "docs").rglob("*"):
        if file.suffix in _ASSETS:
            copy = folder / file.relative_to(ROOT / "docs")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected the folder to write the pages to, such as build/site")
    write(Path(sys.argv[1]))
