"""Sanitises HTML: allows structure and text, but nothing that runs and nothing that imitates the page.

There are two responses to what is not allowed. Harmless extras (a class, a span, a style) are silently removed, because
every CMS pastes some. Active content (a script, an `on…` attribute, a `javascript:` URL) is rejected by name: an
editor's text never has it by accident, and silent removal would hide an attack or a broken tool.

The same HTML5 parser (ammonia, by nh3) decides both. The text is cleaned a second time with the active parts allowed,
on any element. Whatever makes a difference was active. So there is no second parser that could be tricked into a
different reading.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from html import unescape
from typing import Any, Literal

import nh3
from markdown_it import MarkdownIt

from stoppress.errors import FieldError, Invalid
from stoppress.fields import BODY_MAX, no_controls

BodyFormat = Literal["html", "markdown"]

TAGS = frozenset(
    "a abbr b blockquote br cite code dd del details dfn dl dt em figcaption figure h2 h3 h4 hr i img ins kbd li "
    "mark ol p pre q s samp small strong sub summary sup table tbody td tfoot th thead time tr u ul var".split()
)
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "del": {"datetime"},
    "img": {"src", "alt", "width", "height", "title"},
    "ins": {"datetime"},
    "ol": {"start", "reversed"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "*": {"lang", "dir"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# ammonia checks the schemes of href, src and a few others, but not of cite.
_HAS_CITE = re.compile("cite", re.IGNORECASE)
# The scheme of a URL as a browser finds it, once what it ignores is gone: controls and spaces at the start, tabs and
# line ends anywhere (URL Standard, 4.4).
_IGNORED_IN_URLS = re.compile(r"^[\x00-\x20]+|[\t\n\r]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ACTIVE_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_ACTIVE_TAGS = frozenset({"script", "iframe", "object", "embed"})
_ADDRESSES = ATTRIBUTES | {"*": ATTRIBUTES["*"] | {"href", "xlink:href", "src", "action", "formaction", "cite"}}
_NAMES = re.compile(r"<([A-Za-z][^\s/>]*)")
_TAGS = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
# Elements without an end tag, or whose end tag is optional. They don't count as open.
_NEED_NO_END = frozenset(
    "area base br col colgroup dd dt embed hr img input li link meta option p param rp rt source tbody td tfoot th "
    "thead tr track wbr".split()
)
_OPEN_MAX = 500  # elements open at the same time
# Elements that the parser reopens in each paragraph until they are closed (the standard's "formatting elements"). It
# distinguishes them by their attributes, and keeps at most three of a kind.
_FORMATTING = re.compile(r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]", re.IGNORECASE)
_GROWN_MAX = 5 * BODY_MAX  # characters; as if each one became a reference, &amp;
_REOPENED_MAX = 400_000  # how often it may reopen elements: some tenths of a second
_SHOWN = frozenset({"img", "hr"})  # elements that are content even without text
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")  # Unicode categories: controls, format characters, spaces


def sanitize(html: str, pointer: str = "/body") -> str:
    """The HTML in a form that is safe to publish. `pointer` is the JSON Pointer of the field, for errors.

    Raises:
        Invalid: it has active content, or is so malformed that parsing it would take long; the message says which.
    """
    if tangle := _tangle(html):
        raise _invalid(pointer, tangle)
    if found := _active(html):
        raise _invalid(pointer, f"{found} is not published: it could run in the reader's browser")
    clean = _clean(html).strip()
    if len(clean) > _GROWN_MAX:
        raise _invalid(pointer, f"expected at most {_GROWN_MAX} characters of sanitised HTML, but got {len(clean)}")
    try:
        return no_controls(clean)  # again, because character references are decoded now
    except ValueError as error:
        raise _invalid(pointer, str(error)) from error


def says_something(html: str) -> bool:
    """Whether sanitised HTML has visible content: a letter, a picture or a line."""
    rest = nh3.clean(html, tags=set(_SHOWN), attributes={})
    return "<" in rest or any(unicodedata.category(char) not in _UNSEEN for char in unescape(rest))


def render(text: str, pointer: str = "/body") -> str:
    """Convert Markdown (CommonMark with tables and strikethrough, without raw HTML) to HTML that is safe to publish.

    Raises:
        Invalid: the HTML is longer than a body may be, or its link references repeat too much text.
    """
    try:
        html = _markdown().render(text, {"references": _References()})
    except _TooMuchText as error:
        raise _invalid(pointer, str(error)) from error
    if len(html) > _GROWN_MAX:
        raise _invalid(pointer, f"expected at most {BODY_MAX} characters as HTML, but got {len(html)}")
    return _fitting(sanitize(html, pointer), pointer)


def publishable(body: str, body_format: BodyFormat, pointer: str = "/body") -> str:
    """A body in the format that `body_format` names, as HTML that is safe to publish and not longer than a body may be.

    Raises:
        Invalid: as `sanitize` and `render` do, and when the HTML has become too long.
    """
    return render(body, pointer) if body_format == "markdown" else _fitting(sanitize(body, pointer), pointer)


class _TooMuchText(ValueError):
    """Link references would repeat more text than a body may have."""


class _References(dict[str, dict[str, str]]):
    """The link references of one text, by label. markdown-it looks up the definition for each link that refers to it.

    One definition of 50 KB can be referred to by thousands of links, each of 3 characters. So the text that they repeat
    is counted. cmark has the same limit (0.30.3: "max_ref_size").
    """

    _repeated = 0

    def get(self, label: str, default: Any = None) -> Any:
        found = super().get(label, default)
        if found is not None:
            self._repeated += len(found["href"]) + len(found["title"])
            if self._repeated > _GROWN_MAX:
                raise _TooMuchText(
                    f"expected links that repeat at most {_GROWN_MAX} characters of their definitions; shorten the "
                    "addresses and titles of link references"
                )
        return found


def _fitting(html: str, pointer: str) -> str:
    if len(html) > BODY_MAX:
        raise _invalid(
            pointer,
            f"expected at most {BODY_MAX} characters as HTML, but got {len(html)} (missing end tags are added, and "
            "characters such as & become references)",
        )
    return html


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(f"{pointer[1:]}: {detail}", [FieldError(pointer, detail)])


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _clean(
    html: str,
    tags: frozenset[str] = TAGS,
    attributes: dict[str, set[str]] = ATTRIBUTES,
    *,
    handlers: bool = False,
    schemes: frozenset[str] = SCHEMES,
) -> str:
    """The HTML without anything that is not allowed. The options allow an active part."""

    def of_known_scheme(element: str, attribute: str, value: str) -> str | None:
        scheme = _SCHEME.match(_IGNORED_IN_URLS.sub("", value)) if attribute == "cite" else None
        return value if scheme is None or scheme[1].lower() in schemes else None

    return nh3.clean(
        html,
        tags=set(tags),
        clean_content_tags={"script", "style"} - tags,
        attributes=attributes,
        attribute_filter=of_known_scheme if _HAS_CITE.search(html) else None,
        generic_attribute_prefixes={"on"} if handlers else set(),
        url_schemes=set(schemes),
        link_rel="noopener nofollow",
    )


def _tangle(html: str) -> str | None:
    """What would keep the parser busy for seconds, or None.

    Its time and memory for repairing unclosed elements grow with the square of the length. This counts what could cause
    that, without parsing as it does.
    """
    tags = still_open = deepest = 0
    for slash, name in _TAGS.findall(html):
        tags += 1
        if name.lower() not in _NEED_NO_END:
            still_open = max(0, still_open - 1) if slash else still_open + 1
            deepest = max(deepest, still_open)
    if deepest > _OPEN_MAX:
        return f"expected at most {_OPEN_MAX} elements open inside each other, but got {deepest}; nest them less"
    formatting = len(_FORMATTING.findall(html))
    if formatting * tags > _REOPENED_MAX:
        return (
            f"expected fewer tags such as <b …> or <font …> with attributes, but got {formatting} among {tags} tags; "
            "remove the attributes"
        )
    return None


def _active(html: str) -> str | None:
    """The active content in `html`, or None.

    An event handler runs on any element, even on one that is not allowed. So every name that may be an element's is
    allowed here. The names are taken from the text, and may include others; only the parser decides which are elements.
    """
    named = frozenset(name for found in _NAMES.findall(html) for name in (found, found.lower()))
    passive = TAGS | named - _ACTIVE_TAGS
    bare = _clean(html, passive, _ADDRESSES)
    if _clean(html, passive | _ACTIVE_TAGS, _ADDRESSES, handlers=True, schemes=SCHEMES | _ACTIVE_SCHEMES) == bare:
        return None
    for tag in sorted(_ACTIVE_TAGS):
        if _clean(html, passive | {tag}, _ADDRESSES) != bare:
            return f"<{tag}>"
    if _clean(html, passive, _ADDRESSES, handlers=True) != bare:
        return "an event handler (an attribute that begins with 'on')"
    return "a URL of javascript:, vbscript: or data:"
