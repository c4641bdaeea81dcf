"""What HTML may come in: structure and text, nothing that runs, nothing that dresses up as the page.

Two answers to what is not allowed. Harmless surplus (a class, a span, a style) is taken out without a word, since
every CMS pastes some. What would run (a script, an `on…` attribute, a `javascript:` address) is refused with its name:
an editor's text never has it by accident, and to drop it in silence would hide an attack or a broken tool.

Both are decided by the same HTML5 parser (ammonia, by nh3): the text is cleaned twice, once with the active parts let
through, and whatever makes a difference was active. So no second parser can be talked into another reading.
"""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt

from stoppress.errors import FieldError, Invalid
from stoppress.model import BODY_MAX

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
SCHEMES = {"http", "https", "mailto", "tel"}
_ACTIVE_SCHEMES = {"javascript", "vbscript", "data"}
_ACTIVE_TAGS = frozenset({"script", "iframe", "object", "embed"})


def sanitize(html: str, pointer: str = "/body") -> str:
    """The HTML as it may be published.

    Raises:
        Invalid: something in it would run; the message names what.
    """
    clean = _clean(html)
    if found := _active(html, clean):
        detail = f"{found} is not published: it could run in the reader's browser"
        raise Invalid(f"{pointer[1:]}: {detail}", [FieldError(pointer, detail)])
    return clean.strip()


def render(text: str, pointer: str = "/body") -> str:
    """Markdown (CommonMark, with tables and strikethrough; no raw HTML) as HTML that may be published.

    Raises:
        Invalid: the HTML grew over the limit of a body.
    """
    html = sanitize(_markdown().render(text), pointer)
    if len(html) > BODY_MAX:
        detail = f"as HTML it has {len(html)} characters, of at most {BODY_MAX}"
        raise Invalid(f"{pointer[1:]}: {detail}", [FieldError(pointer, detail)])
    return html


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _clean(html: str, *, tags: frozenset[str] = frozenset(), handlers: bool = False, schemes: bool = False) -> str:
    """The HTML without what is not allowed; the options let an active part through."""
    return nh3.clean(
        html,
        tags=set(TAGS | tags),
        clean_content_tags={"script", "style"} - tags,
        attributes=ATTRIBUTES,
        generic_attribute_prefixes={"on"} if handlers else set(),
        url_schemes=SCHEMES | _ACTIVE_SCHEMES if schemes else SCHEMES,
        link_rel="noopener nofollow",
    )


def _active(html: str, clean: str) -> str | None:
    """What in `html` would run, or None."""
    if _clean(html, tags=_ACTIVE_TAGS, handlers=True, schemes=True) == clean:
        return None
    for tag in sorted(_ACTIVE_TAGS):
        if _clean(html, tags=frozenset({tag})) != clean:
            return f"<{tag}>"
    if _clean(html, handlers=True) != clean:
        return "an event handler (an attribute that begins with 'on')"
    return "an address of javascript:, vbscript: or data:"
