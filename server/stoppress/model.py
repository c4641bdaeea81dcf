"""What a live blog is made of: blogs, posts, and the events that change them.

Everything here is frozen and pure. A field that an editor may write is in `BlogFields` or `PostFields`, once,
with its limit; `Blog` and `Post` add what the server alone sets. The API's schemas come from these classes.

Texts are plain text but for `Post.body`, which is sanitised HTML (sanitize.py) by the time a Post exists.
Times are aware datetimes in UTC, to the millisecond, and RFC 3339 on the wire.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StringConstraints,
    TypeAdapter,
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
    moment = moment.astimezone(UTC)
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"expected a time between {EARLIEST.year} and {LATEST.year}, but got {moment.isoformat()}")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _written(moment: object) -> object:
    if isinstance(moment, str | datetime) and not (isinstance(moment, str) and _NUMBER.fullmatch(moment)):
        return moment
    raise ValueError(f"expected a time as RFC 3339 writes it, but got {moment!r:.80}")


_NUMBER = re.compile(r"\s*[-+]?[0-9.]+\s*")  # pydantic would take it for seconds since 1970


def rfc3339(moment: datetime) -> str:
    """`2023-03-21T12:30:00Z`; milliseconds only where there are some."""
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def _no_controls(text: str) -> str:
    for position, char in enumerate(text):
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t":
            raise ValueError(f"control character U+{ord(char):04X} at position {position}")
    return text


def _one_line(text: str) -> str:
    for position, char in enumerate(text):
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValueError(f"control character U+{ord(char):04X} at position {position}")
    return text


_HTTP_URL: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)
# What would end an attribute, a line, or split a srcset: never in a URL as RFC 3986 writes it.
_URL_UNSAFE = re.compile(r"[\s\"'<>\\^`{|}]")


def _http_url(text: str) -> str:
    """An absolute http(s) address, or a path on this server (`/media/…`)."""
    if unsafe := _URL_UNSAFE.search(text):
        raise ValueError(f"expected a URL, but {unsafe[0]!r} at position {unsafe.start()} must be percent-encoded")
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


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"expected an IANA time zone such as 'Europe/Paris', but got {name!r}") from error
    return name


def _language(tag: str) -> str:
    try:
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
]
Url = Annotated[str, StringConstraints(min_length=1, max_length=URL_MAX), AfterValidator(_http_url)]
Srcset = Annotated[str, StringConstraints(min_length=1, max_length=10 * URL_MAX), AfterValidator(_srcset)]
Title = Annotated[str, StringConstraints(max_length=TITLE_MAX, strip_whitespace=True), AfterValidator(_one_line)]
Line = Annotated[str, StringConstraints(max_length=LINE_MAX, strip_whitespace=True), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX, strip_whitespace=True), AfterValidator(_no_controls)]
Body = Annotated[str, StringConstraints(max_length=BODY_MAX), AfterValidator(_no_controls)]
Tag = Annotated[str, StringConstraints(pattern=r"^[\w][\w .&'-]{0,49}$", strip_whitespace=True)]
Timezone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_timezone)]
Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_language)]

BlogStatus = Literal["scheduled", "live", "paused", "ended", "archived"]
PostStatus = Literal["draft", "scheduled", "published", "deleted"]


class Frozen(BaseModel):
    """Unknown fields are refused, and nothing changes after validation."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(Frozen):
    """Somebody who wrote or reported."""

    name: Annotated[Line, Field(min_length=1)]
    role: Line | None = None
    url: Url | None = None
    image: Url | None = None


class Image(Frozen):
    """A picture. `width` and `height`, in pixels, reserve its place before it has loaded."""

    type: Literal["image"]
    url: Url
    alt: Text = ""
    caption: Text | None = None
    credit: Line | None = None
    width: Annotated[StrictInt, Field(ge=1, le=20_000)] | None = None
    height: Annotated[StrictInt, Field(ge=1, le=20_000)] | None = None
    srcset: Srcset | None = None


class Embed(Frozen):
    """Something hosted elsewhere: shown as a card, loaded only when the reader asks."""

    type: Literal["embed"]
    url: Url
    provider: Line | None = None
    title: Line | None = None
    thumbnail: Url | None = None


Media = Annotated[Image | Embed, Field(discriminator="type")]


class Link(Frozen):
    """Where to read on."""

    url: Url
    title: Annotated[Line, Field(min_length=1)]


class BlogFields(Frozen):
    """What an editor writes of a blog."""

    title: Annotated[Title, Field(min_length=1)]
    description: Text | None = Field(None, description="The standfirst, under the headline.")
    byline: Line | None = Field(None, description="As printed: By A, B and C.")
    authors: Annotated[tuple[Author, ...], Field(max_length=AUTHORS_MAX)] = ()
    timezone: Timezone = Field("UTC", description="IANA name; times are shown in it.")
    language: Language = Field("en", description="BCP 47 tag; sets the page's language, direction and dates.")
    status: BlogStatus = "live"


class _Identity(Frozen):
    """What stands first in every answer."""

    id: Id
    revision: Annotated[int, Field(ge=1)]


class Blog(BlogFields, _Identity):
    """A blog as everybody may see it. `posts` counts the published ones."""

    created_at: Time
    updated_at: Time | None = Field(None, description="The last change that readers should notice.")
    posts: Annotated[int, Field(ge=0)] = 0


class PostFields(Frozen):
    """What an editor writes of a post."""

    title: Title | None = Field(None, description="Headline; a post may be one line without it.")
    body: Body = ""
    byline: Line | None = Field(None, description="Free text as printed.")
    authors: Annotated[tuple[Author, ...], Field(max_length=AUTHORS_MAX)] = ()
    pinned: StrictBool = Field(False, description="Shown on top as well as in its place.")
    key: StrictBool = Field(False, description="A key event, listed in the summary.")
    key_title: Title | None = Field(None, description="A short title for the summary.")
    media: Annotated[tuple[Media, ...], Field(max_length=MEDIA_MAX)] = ()
    links: Annotated[tuple[Link, ...], Field(max_length=LINKS_MAX)] = ()
    notes: Text | None = Field(None, description="Who contributed, and the like.")
    correction: Text | None = Field(None, description="What was wrong; shown with the post.")
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX)] = ()


class _PostIdentity(_Identity):
    """And when."""

    blog: Id
    status: PostStatus
    created_at: Time
    published_at: Time | None = None
    updated_at: Time | None = None
    publish_at: Time | None = None


class Post(PostFields, _PostIdentity):
    """One post in one revision. A draft has no `published_at` unless its editor set one."""

    body_format: Literal["html"] = "html"


class Tombstone(Frozen):
    """What remains of a deleted post."""

    id: Id
    blog: Id
    revision: Annotated[int, Field(ge=1)]
    status: Literal["deleted"] = "deleted"


Change = Literal["published", "edited", "corrected", "moved", "pinned", "unpinned", "restored"]


@dataclass(frozen=True, slots=True)
class PostChanged:
    """A post was published or changed: readers put it in its place."""

    change: Change
    post: Post


@dataclass(frozen=True, slots=True)
class PostRemoved:
    """A post was deleted: readers take it out, and remember the revision."""

    tombstone: Tombstone


@dataclass(frozen=True, slots=True)
class BlogChanged:
    """The blog itself changed. Its `posts` and `updated_at` are the store's to fill in."""

    blog: Blog


Event = PostChanged | PostRemoved | BlogChanged


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in a blog's history: `EPOCH.SEQUENCE`, opaque to clients.

    The epoch changes when the history starts anew (a blog deleted and made again); a cursor of another epoch
    can't be resumed from.
    """

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor that `text` writes.

        Raises:
            ValueError: if it is none; the message holds the text.
        """
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise ValueError(f"expected a cursor EPOCH.SEQUENCE, but got {text[:80]!r}")
        return cls(match[1], int(match[2]))


# Fifteen digits stay exact in every client's numbers (2**53) and in the store's scores.
_CURSOR = re.compile(r"([A-Za-z0-9_-]{1,32})\.(0|[1-9][0-9]{0,14})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """An event as the store wrote it down: which number it got, and what the blog then counted.

    `epoch` is the history it belongs to, where its source says so record by record, as the stream does.
    """

    sequence: int
    posts: int
    updated_at: datetime | None
    event: Event
    epoch: str | None = None


def apply(state: dict[str, Post | Tombstone], records: Iterable[Record]) -> dict[str, Post | Tombstone]:
    """The state after `records`, by every client's rule: a revision that is not newer changes nothing."""
    after = dict(state)
    for record in records:
        match record.event:
            case PostChanged(post=new) | PostRemoved(tombstone=new):
                known = after.get(new.id)
                if known is None or known.revision < new.revision:
                    after[new.id] = new
            case BlogChanged():
                pass
    return after
