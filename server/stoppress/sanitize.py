"""What HTML may come in: structure and text, nothing that runs, nothing that dresses up as the page.

Two answers to what is not allowed. Harmless surplus (a class, a span, a style) is taken out without a word, since
every CMS pastes some. What would run (a script, an `on…` attribute, a `javascript:` address) is refused with its name:
an editor's text never has it by accident, and to drop it in silence would hide an attack or a broken tool.

Both are decided by the same HTML5 parser (ammonia, by nh3): the text is cleaned again with the active parts let
through, on whichever element they stand, and whatever makes a difference was active. So no second parser can be talked
into another reading.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from html import unescape

import nh3
from markdown_it import MarkdownIt

from stoppress.errors import FieldError, Invalid
from stoppress.fields import BODY_MAX, no_controls

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
_ACTIVE_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_ACTIVE_TAGS = frozenset({"script", "iframe", "object", "embed"})
_ADDRESSES = ATTRIBUTES | {"*": ATTRIBUTES["*"] | {"href", "xlink:href", "src", "action", "formaction"}}
_NAMES = re.compile(r"<([A-Za-z][^\s/>]*)")
_TAGS = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
# What stands between two tags closes none of these, so that they may stay open, by habit or by the standard.
_NEED_NO_END = frozenset(
    "area base br col colgroup dd dt embed hr img input li link meta option p param rp rt source tbody td tfoot th "
    "thead tr track wbr".split()
)
_OPEN_MAX = 500  # elements at a time
# Elements that the parser opens again in each paragraph while they are not closed (the standard's "formatting
# elements"); it tells them apart by their attributes, and knows three of a kind at most.
_FORMATTING = re.compile(r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]", re.IGNORECASE)
_GROWN_MAX = 5 * BODY_MAX  # characters: as if each had to be written as a reference, &amp;
_REOPENED_MAX = 400_000  # times that it may do so: some tenths of a second
_SHOWN = frozenset({"img", "hr"})  # elements that say something without a text
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")  # of Unicode's categories: controls, format characters, spaces


def sanitize(html: str, pointer: str = "/body") -> str:
    """The HTML as it may be published.

    Raises:
        Invalid: something in it would run, or it is so tangled that reading it would take long; the message names what.
    """
    if tangle := _tangle(html):
        raise _invalid(pointer, tangle)
    if found := _active(html):
        raise _invalid(pointer, f"{found} is not published: it could run in the reader's browser")
    clean = _clean(html).strip()
    if len(clean) > _GROWN_MAX:
        raise _invalid(pointer, f"as it would be published it has {len(clean)} characters, of at most {_GROWN_MAX}")
    try:
        return no_controls(clean)  # once more: what was written as a character reference stands there now
    except ValueError as error:
        raise _invalid(pointer, str(error)) from error


def says_something(html: str) -> bool:
    """Whether there is anything to see in sanitised HTML: a letter, a picture, a line."""
    rest = nh3.clean(html, tags=set(_SHOWN), attributes={})
    return "<" in rest or any(unicodedata.category(char) not in _UNSEEN for char in unescape(rest))


def render(text: str, pointer: str = "/body") -> str:
    """Markdown (CommonMark, with tables and strikethrough; no raw HTML) as HTML that may be published.

    Raises:
        Invalid: the HTML grew over the limit of a body.
    """
    html = sanitize(_markdown().render(text), pointer)
    if len(html) > BODY_MAX:
        raise _invalid(pointer, f"as HTML it has {len(html)} characters, of at most {BODY_MAX}")
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
    """The HTML without what is not allowed; the options let an active part through."""
    return nh3.clean(
        html,
        tags=set(tags),
        clean_content_tags={"script", "style"} - tags,
        attributes=attributes,
        generic_attribute_prefixes={"on"} if handlers else set(),
        url_schemes=set(schemes),
        link_rel="noopener nofollow",
    )


def _tangle(html: str) -> str | None:
    """What would keep the parser busy for seconds, or None. How it mends what is not closed takes time and room that
    grow with the square of the length; here is counted what could make it, without reading as it does."""
    tags = still_open = deepest = 0
    for slash, name in _TAGS.findall(html):
        tags += 1
        if name.lower() not in _NEED_NO_END:
            still_open = max(0, still_open - 1) if slash else still_open + 1
            deepest = max(deepest, still_open)
    if deepest > _OPEN_MAX:
        return f"{deepest} elements are open at a time, each in the one before; expected at most {_OPEN_MAX}"
    formatting = len(_FORMATTING.findall(html))
    if formatting * tags > _REOPENED_MAX:
        return (
            f"it has {formatting} tags such as <b …> or <font …> with attributes among {tags} tags; expected fewer, or "
            "none with attributes"
        )
    return None


def _active(html: str) -> str | None:
    """What in `html` would run, or None.

    A handler runs on any element, also on one that is not allowed, so every name that may be an element's is let
    through here. The names come from the text itself, and may be too many; which are elements the parser alone says.
    """
    named = frozenset(name for found in _NAMES.findall(html) for name in (found, found.lower()))
    quiet = TAGS | named - _ACTIVE_TAGS
    bare = _clean(html, quiet, _ADDRESSES)
    if _clean(html, quiet | _ACTIVE_TAGS, _ADDRESSES, handlers=True, schemes=SCHEMES | _ACTIVE_SCHEMES) == bare:
        return None
    for tag in sorted(_ACTIVE_TAGS):
        if _clean(html, quiet | {tag}, _ADDRESSES) != bare:
            return f"<{tag}>"
    if _clean(html, quiet, _ADDRESSES, handlers=True) != bare:
        return "an event handler (an attribute that begins with 'on')"
    return "an address of javascript:, vbscript: or data:"
