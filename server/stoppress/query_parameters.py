"""Parses the query of a request by the parameters that its route declares. No I/O.

A route declares each parameter once: its name, its JSON Schema for OpenAPI, and how its text is parsed. Two functions
use the declaration. `read_query` is for the API under /v1: it rejects wrong values, unknown parameters and repeated
parameters. `read_known` is for pages and feeds, whose links people share: it ignores unknown parameters (`utm_…`), and
uses the last of repeated ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast
from urllib.parse import parse_qsl

from stoppress.errors import Invalid, ParameterError
from stoppress.model import Cursor
from stoppress.wire import Form

_SHOWN = 80  # characters of a name or value that an error shows
_ERRORS = 20  # errors in one answer
MAX_MESSAGE_LEAST = 16_384  # bytes; smaller, and nearly every post would have to be fetched
MAX_MESSAGE_MOST = 999_999_999  # bytes; far more than any message has
Value = TypeVar("Value")
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class QueryParameter(Generic[Value]):
    """A query parameter. `default` is its value if the query lacks it.

    `read` turns the decoded text into the value. It raises ValueError with what was expected: `expected a number`.
    """

    name: str
    about: str
    read: Callable[[str], Value]
    default: Value
    schema: Mapping[str, Any]
    place: ClassVar[Literal["query"]] = "query"


class Query:
    """A parsed query: the value of each declared parameter, such as `query[CURSOR]`."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, parameter: QueryParameter[Value]) -> Value:
        return cast(Value, self._values.get(parameter.name, parameter.default))


def read_query(query: str | bytes, declared: Sequence[QueryParameter[Any]]) -> Query:
    """Parse the query of a request to the API. `query` is percent-encoded.

    Raises:
        Invalid: 400; `errors` lists each parameter that has a wrong value, is repeated or is unknown.
    """
    return _read(_pairs(query), declared, strict=True) if query else Query({})


def read_known(query: str | bytes, declared: Sequence[QueryParameter[Any]]) -> Query:
    """Parse the query of a request for a page. `query` is percent-encoded.

    Raises:
        Invalid: 400; a declared parameter has a wrong value.
    """
    return _read(_pairs(query), declared, strict=False) if query else Query({})


def wrong_parameter(name: str, detail: str) -> Invalid:
    """The error for a rule that a parameter's declaration can't express, such as one between two parameters."""
    return _invalid([ParameterError(name, detail)])


def _pairs(query: str | bytes) -> list[tuple[str, str]]:
    text = query.decode("latin-1") if isinstance(query, bytes) else query
    return parse_qsl(text, keep_blank_values=True)


def _read(pairs: list[tuple[str, str]], declared: Sequence[QueryParameter[Any]], *, strict: bool) -> Query:
    by_name = {parameter.name: parameter for parameter in declared}
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        if strict or name in by_name:
            given.setdefault(name, []).append(text)
    values: dict[str, Any] = {}
    errors: list[ParameterError] = []
    for name, texts in given.items():
        try:
            if name not in by_name:
                raise ValueError(f"{_expected(by_name)}, but got {name[:_SHOWN]!r} with the value {_shown(texts)}")
            if strict and len(texts) > 1:
                raise ValueError(f"expected one value, but got {len(texts)}: {_shown(texts)}")
            try:
                values[name] = by_name[name].read(texts[-1])
            except ValueError as error:
                raise ValueError(f"{error}, but got {_shown(texts[-1:])}") from error
        except ValueError as error:
            errors.append(ParameterError(name[:_SHOWN], str(error)))
            if len(errors) == _ERRORS:
                break
    if errors:
        raise _invalid(errors)
    return Query(values)


def _expected(names: Mapping[str, object]) -> str:
    return f"expected one of {', '.join(names)}" if names else "expected no query parameters"


def _shown(texts: Sequence[str]) -> str:
    return " and ".join(repr(text[:_SHOWN]) for text in texts[:3]) + (" and more" if len(texts) > 3 else "")


def _invalid(errors: Sequence[ParameterError]) -> Invalid:
    return Invalid("; ".join(f"{wrong.pointer}: {wrong.detail}" for wrong in errors), errors, status=400)


# Kinds of parameters


def text(name: str, about: str) -> QueryParameter[str]:
    """A parameter of any text. Its default is empty."""
    return QueryParameter(name, about, str, "", {"type": "string"})


def number(name: str, about: str, least: int, most: int, default: int) -> QueryParameter[int]:
    """A parameter that is an integer from `least` to `most`."""
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return QueryParameter(name, about, read_number(least, most), default, schema)


def choice(name: str, about: str, *words: Word) -> QueryParameter[Word]:
    """A parameter that is one of `words`. Its default is the first."""
    known = {str(word): word for word in words}

    def read(given: str) -> Word:
        if given not in known:
            raise ValueError(f"expected one of {', '.join(known)}")
        return known[given]

    return QueryParameter(name, about, read, words[0], {"type": "string", "enum": list(known), "default": words[0]})


def flag(name: str, about: str) -> QueryParameter[bool]:
    """A parameter that is `true` or `false`. Its default is false."""
    word = choice(name, about, "false", "true")
    return QueryParameter(name, about, lambda given: word.read(given) == "true", False, word.schema)


def cursor(name: str, about: str) -> QueryParameter[Cursor | None]:
    """A parameter that is a cursor. Its default is None."""
    return QueryParameter(name, about, _read_cursor, None, {"type": "string"})


def read_number(least: int, most: int) -> Callable[[str], int]:
    """A function that parses an integer from `least` to `most`. It raises ValueError."""

    def read(given: str) -> int:
        if not given.isascii() or not given.isdigit() or len(given) > 9 or not least <= int(given) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(given)

    return read


def _read_cursor(given: str) -> Cursor:
    try:
        return Cursor.parse(given)
    except ValueError as error:
        raise ValueError("expected a cursor EPOCH.SEQUENCE") from error


def _read_form(given: str) -> Form:
    forms = {"json": Form.JSON, "html": Form.HTML}
    if given not in forms:
        raise ValueError("expected one of json, html")
    return forms[given]


# The parameters of sockets and event streams. The hub reads them, and the OpenAPI document lists them.

FORM = QueryParameter(
    "form",
    "Posts as data or as markup.",
    _read_form,
    Form.JSON,
    {"type": "string", "enum": ["json", "html"], "default": "json"},
)
CURSOR = cursor("cursor", "The position to resume from. Without it, only changes from now on are sent.")
MAX_MESSAGE: QueryParameter[int | None] = QueryParameter(
    "max_message",
    "The largest message to send, in bytes. A larger post is sent without its content, with `too_large`. Without it, "
    "every message is sent whole.",
    read_number(MAX_MESSAGE_LEAST, MAX_MESSAGE_MOST),
    None,
    {"type": "integer", "minimum": MAX_MESSAGE_LEAST, "maximum": MAX_MESSAGE_MOST},
)
SOCKET = (CURSOR, MAX_MESSAGE)
EVENTS = (CURSOR, FORM, MAX_MESSAGE)
