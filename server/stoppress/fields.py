"""The types of the fields of blogs and posts: what a field may hold, its limit, and the error for a wrong value.

Each is an annotated standard type, so that pydantic checks it, reports what was wrong with which value, and writes the
limit into the API's schemas. Texts are stored as entered, except for white space around them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
)

TITLE_MAX = 300
LINE_MAX = 1_000
TEXT_MAX = 4_000
BODY_MAX = 100_000
MEDIA_MAX = 20
LINKS_MAX = 20
AUTHORS_MAX = 20
TAGS_MAX = 20
URL_MAX = 2_000

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _milliseconds(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:  # year 1 in a zone ahead of UTC, or year 9999 in one behind it
        raise ValueError(f"expected a time between {EARLIEST.year} and {LATEST.year}, but got {moment}") from error
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"expected a time between {EARLIEST.year} and {LATEST.year}, but got {moment.isoformat()}")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _written(moment: object) -> object:
    if isinstance(moment, str | datetime) and not (isinstance(moment, str) and _NUMBER.fullmatch(moment)):
        return moment
    raise ValueError(f"expected an RFC 3339 time such as 2023-03-21T12:30:00Z, but got {moment!r:.80}")


_NUMBER = re.compile(r"\s*[-+]?[0-9.]+\s*")  # pydantic would read it as seconds since 1970


def rfc3339(moment: datetime) -> str:
    """The time in RFC 3339, such as `2023-03-21T12:30:00Z`. Milliseconds are written only if they are not 0."""
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


# Control characters: the Unicode categories Cc, Cs, Zl and Zp, and the left-to-right and right-to-left overrides, which
# reverse any text (UAX 9, 2.2). Authors don't use overrides, but impostors do. Marks, embeddings and isolates are
# allowed, because Arabic and Hebrew need them. The templates isolate each text.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff]")
_CONTROLS_EXCEPT_LINE_ENDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")


def no_controls(text: str, *, lines: bool = True) -> str:
    """`text` unchanged, if it has no control characters. With `lines`, tabs and line ends don't count.

    Raises:
        ValueError: with the character and its position.
    """
    if found := (_CONTROLS_EXCEPT_LINE_ENDS if lines else _CONTROLS).search(text):
        raise ValueError(f"expected no control characters, but got U+{ord(found[0]):04X} at position {found.start()}")
    return text


def _lines(text: str) -> str:
    """Text of several lines, with every line ending as one line feed."""
    return no_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def _one_line(text: str) -> str:
    return no_controls(text, lines=False)


_HTTP_URL: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)
# Characters that would end an attribute or a line, or split a srcset (RFC 3986 does not allow them in a URL), control
# characters, and those that change the direction of text (RFC 3987, 4.1, does not allow them in an IRI).
_URL_UNSAFE = re.compile(r"[\s\"'<>\\^`{|}\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def _http_url(text: str) -> str:
    """An absolute http or https URL, or a path on this server (`/media/…`)."""
    if unsafe := _URL_UNSAFE.search(text):
        raise ValueError(f"expected a URL, but {ascii(unsafe[0])} at position {unsafe.start()} must be percent-encoded")
    if text.startswith("/") and not text.startswith("//"):
        return text
    if not text.startswith(("http://", "https://")):
        raise ValueError(f"expected a URL of http or https, but got {text[:80]!r}")
    _HTTP_URL.validate_python(text)
    return text


_SRCSET = re.compile(r"\S+(\s+\d{1,5}(\.\d{1,3})?[wx])?")


def _srcset(text: str) -> str:
    for candidate in text.split(","):
        if not _SRCSET.fullmatch(candidate.strip()):
            raise ValueError(f"expected 'URL WIDTHw' in {text[:80]!r}, but got {candidate.strip()[:80]!r}")
        _http_url(candidate.split()[0])
    return text


@cache
def _timezones() -> frozenset[str]:
    # "localtime" depends on the machine, and "Factory" is a placeholder.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError(f"expected an IANA time zone such as 'Europe/Paris', but got {name!r}")
    return name


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


def _language(tag: str) -> str:
    try:
        if not _LANGUAGE.fullmatch(tag):
            raise ValueError(tag)
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"expected a language tag such as 'en' or 'pt-BR', but got {tag!r}") from error
    return tag


ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_milliseconds),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Url = Annotated[str, StringConstraints(min_length=1, max_length=URL_MAX), AfterValidator(_http_url)]
Srcset = Annotated[str, StringConstraints(min_length=1, max_length=10 * URL_MAX), AfterValidator(_srcset)]
Title = Annotated[str, StringConstraints(max_length=TITLE_MAX, strip_whitespace=True), AfterValidator(_one_line)]
Line = Annotated[str, StringConstraints(max_length=LINE_MAX, strip_whitespace=True), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX, strip_whitespace=True), AfterValidator(_lines)]
Body = Annotated[str, StringConstraints(max_length=BODY_MAX), AfterValidator(_lines)]
Tag = Annotated[str, StringConstraints(pattern=r"^[\w][\w .&'-]{0,49}$", strip_whitespace=True)]
Timezone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_timezone)]
Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_language)]
