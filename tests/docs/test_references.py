"""Every file, class, decision and link that the repository's text mentions exists.

A mention of a file is the end of a tracked file's path, in whole segments: `stoppress/fields.py` and `fields.py` both
stand for `server/stoppress/fields.py`. In code, only comments and docstrings are searched, because most strings there
name files of the program's users. A path that begins with a folder of ours, such as `docs/metrics.md`, is checked in
strings too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from docs.tracked import ROOT, Source, paths, sources

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
NUMBERS = {path.name[:4] for path in DECISIONS}

# Names that look like files of ours and are not, with the reason. An entry that no text needs any more fails a test.
EXEMPT = {
    "blog.json": "an example of a file that a user gives to a command",
    "changelog.md": "a page of the site that scripts/site_pages.py makes",
    "contributing.md": "a page of the site that scripts/site_pages.py makes",
    "fs/file.c": "a file of the Linux kernel",
    "index.html": "a file that `stoppress export --html` writes",
    "index.json": "a file that Autobahn's fuzzing client writes",
    "index.md": "a page of the site that scripts/site_pages.py makes",
    "live.js": "the file in which the server joins the core modules of client/",
    "oldest.html": "a file that `stoppress export --html` writes",
    "reference/http.md": "a page of the site that scripts/site_pages.py makes",
    "reference/messages.md": "a page of the site that scripts/site_pages.py makes",
    "robots.txt": "an address that the server answers",
    "stoppress-api.service": "a unit that an operator makes from deploy/stoppress.service",
    "stoppress-hub.service": "a unit that an operator makes from deploy/stoppress.service",
    "stoppress.v1.html": "a WebSocket subprotocol",
    "stoppress.v1.json": "a WebSocket subprotocol",
    "stoppress/client": "the folder in the wheel that holds client/",
    "theme.css": "a file that `stoppress export --html` writes",
    "update.md": "an example of a file that a user gives to a command",
}

SUFFIXES = "c|cjs|conf|css|d.ts|html|js|json|lua|md|png|py|service|sh|svg|toml|ts|txt|yaml|yml"
FOLDERS = "bench|client|deploy|docs|requirements|scripts|server|stoppress|tests"
_URL = re.compile(r"\w+://[^\s)\"'`<>]+")
_START = r"(?<![\w./@$*}<>~:-])(?:\.\.?/)*"  # not within an absolute path, nor behind a variable
_FILE = re.compile(rf"{_START}((?:[\w.*-]+/)*[\w*][\w.*-]*\.(?:{SUFFIXES}))(?![\w/-]|\.\w)")
_OUR_PATH = re.compile(rf"{_START}((?:{FOLDERS})/[\w./*-]*[\w*/])")
_CLASS = re.compile(r"(?<![\w./])((?:[a-z_][a-z0-9_]*\.)+[A-Z]\w*)")
_DECISION = re.compile(r"\bdecisions?(?:/| )(\d+)(?:(?: to | and |, )(\d+))?", re.IGNORECASE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@cache
def endings() -> frozenset[str]:
    """Each tracked file and folder, by every ending of its path: `a/b.py`, `b.py` and `a`."""
    found = set()
    for file in (*paths(), *(path.removesuffix(".d.ts") + ".js" for path in paths() if path.endswith(".d.ts"))):
        for path in (file, *map(str, Path(file).parents)):
            segments = path.split("/")
            found |= {"/".join(segments[at:]) for at in range(len(segments))}
    return frozenset(found)


@cache
def is_file(mention: str) -> bool:
    """Whether a tracked file or folder has this name, in which `*` stands for anything."""
    if re.fullmatch(r"docs/decisions/\d+", mention):  # checked as a decision
        return True
    name = mention.rstrip("/")
    return name in endings() or ("*" in name and any(fnmatch(ending, name) for ending in endings()))


@cache
def classes() -> frozenset[str]:
    """The names at the top of our modules, by each ending of the module's path: `base.Log` and `store.base.Log`."""
    found = set()
    for source in python_sources():
        module = source.path.removesuffix(".py").removesuffix("/__init__").split("/")
        for name in top_names(source.tree):
            found |= {".".join((*module[at:], name)) for at in range(len(module))}
    return frozenset(found)


def top_names(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


@cache
def packages_of_others() -> frozenset[str]:
    """The standard library, and what our files import besides."""
    imports = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
    imported = {name for source in python_sources() for name in imports.findall(source.text)}
    return frozenset(imported | sys.stdlib_module_names)


def python_sources() -> list[Source]:
    return [source for source in sources() if source.path.endswith(".py")]


@cache
def unresolved() -> tuple[tuple[str, str], ...]:
    """Each mention of a file or a class that we don't have, with the path of the text."""
    found = []
    for source in sources():
        if source.path == "tests/docs/test_references.py":  # it names what is exempted
            continue
        prose, text = _URL.sub("", source.prose), _URL.sub("", source.text)
        files = {name for name in (*_FILE.findall(prose), *_OUR_PATH.findall(text)) if not is_file(name)}
        names = {name for name in _CLASS.findall(prose) if name not in classes()}
        names = {name for name in names if name.split(".")[0] not in packages_of_others()}
        found += [(name, source.path) for name in sorted(files | names)]
    return tuple(found)


@pytest.mark.slow
def test_every_file_and_class_that_is_mentioned_exists() -> None:
    broken = [f"{where} mentions {name}" for name, where in unresolved() if name not in EXEMPT]
    assert not broken, "\n".join(["git tracks no such file, and no module has such a class:", *broken])


def test_every_exemption_is_needed() -> None:
    assert set(EXEMPT) - {name for name, _ in unresolved()} == set()


def test_every_decision_that_is_mentioned_exists() -> None:
    broken = []
    for source in sources():
        mentioned = {number for numbers in _DECISION.findall(source.text) for number in numbers if number}
        broken += [f"{source.path} mentions decision {number}" for number in sorted(mentioned - NUMBERS)]
    assert not broken, "\n".join(broken)


def anchors(document: str) -> set[str]:
    """What may follow `#` in a link: each heading, as GitHub writes it."""
    text = re.sub(r"^```.*?^```", "", document, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_link(document: Source, target: str) -> str | None:
    """What is wrong with a link, if anything is."""
    where, _, anchor = target.partition("#")
    file = ROOT / document.path
    linked = (file.parent / where).resolve() if where else file
    path = str(linked.relative_to(ROOT)) if linked.is_relative_to(ROOT) else str(linked)
    if not any(tracked == path or tracked.startswith(f"{path}/") for tracked in paths()):
        return f"{document.path} links to {target}, which git does not track"
    if anchor and anchor not in anchors(linked.read_text()):
        return f"{document.path} links to {target}, but there is no such heading"
    return None


def test_every_relative_link_leads_to_a_file_and_a_heading() -> None:
    links = [
        (document, target)
        for document in sources()
        if document.path.endswith(".md")
        for target in _LINK.findall(document.text)
        if not re.match(r"\w+:", target)
    ]
    broken = [broken for document, target in links if (broken := broken_link(document, target))]
    assert not broken, "\n".join(broken)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_decision_has_the_same_form() -> None:
    for path in DECISIONS:
        form = (
            rf"# {path.name[:4]}\. [^\n]+\n\n"
            r"Date: 20\d\d-[01]\d-[0-3]\d\n"
            rf"Status: (accepted|(accepted, amended|superseded) by ({'|'.join(NUMBERS)}))\n\n"
            r"\*\*Context\.\*\*\s.+\n\n\*\*Decision\.\*\*\s.+\n\n\*\*Consequences\.\*\*\s.+"
        )
        assert re.fullmatch(form, path.read_text(), re.DOTALL), f"{path.name} differs in form from docs/decisions/0001"


def test_the_index_lists_every_decision_once_by_its_title() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    listed = re.findall(r"^- \[(\d{4})\]\((.+?)\) (.+)$", index, re.MULTILINE)
    headings = [(path, path.read_text().splitlines()[0]) for path in DECISIONS]
    assert sorted(listed) == [(path.name[:4], path.name, heading.partition(". ")[2]) for path, heading in headings]
