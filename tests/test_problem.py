"""An error as a response: the same members and headers for a framework and on the wire."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from stoppress.errors import (
    Conflict,
    FieldError,
    Gone,
    Invalid,
    Limited,
    Misdirected,
    NotFound,
    ParameterError,
    StaleRevision,
    StopPressError,
    Unauthenticated,
    Unavailable,
)
from stoppress.problem import problem_response, raw_problem

ERRORS: list[tuple[StopPressError, dict[str, Any], dict[str, str]]] = [
    (Invalid("wrong", [FieldError("/title", "long")]), {"errors": [{"pointer": "/title", "detail": "long"}]}, {}),
    (
        Invalid("wrong", [ParameterError("limit", "big")], status=400),
        {"errors": [{"parameter": "limit", "detail": "big"}]},
        {},
    ),
    (
        # A query's unknown parameter may have any name.
        Invalid("wrong", [ParameterError("/title", "unknown"), ParameterError("", "unknown")], status=400),
        {"errors": [{"parameter": "/title", "detail": "unknown"}, {"parameter": "", "detail": "unknown"}]},
        {},
    ),
    (Unauthenticated("who?"), {}, {"www-authenticate": 'Bearer realm="Stop Press"'}),
    (NotFound("there is no blog 'nope'"), {}, {}),
    (Gone("deleted", {"id": "a", "revision": 2}), {"tombstone": {"id": "a", "revision": 2}}, {}),
    (Conflict("taken"), {}, {}),
    (StaleRevision("late", {"revision": 3}), {"current": {"revision": 3}}, {}),
    (Misdirected("elsewhere"), {}, {}),
    (Limited("enough", 42), {"retry_after": 42}, {"retry-after": "42"}),
    (Unavailable("later", 7), {"retry_after": 7}, {"retry-after": "7"}),
]


def parsed(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers and body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    names = [line.partition(": ")[0] for line in lines]
    assert len(set(names)) == len(names)
    return first, dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(("error", "members", "headers"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_has_its_members_and_headers(
    error: StopPressError, members: dict[str, Any], headers: dict[str, str]
) -> None:
    status, found, body = problem_response(error)
    assert status == error.status
    everywhere = {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "frame-ancestors 'none'",
    }
    assert found == {**everywhere, **headers}
    common = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}
    assert json.loads(body) == common | members


@pytest.mark.parametrize("error", [error for error, _, _ in ERRORS], ids=lambda error: type(error).__name__)
def test_the_raw_response_says_the_same_and_closes(error: StopPressError) -> None:
    status, headers, body = problem_response(error)
    first, found, raw_body = parsed(raw_problem(error))
    assert first.startswith(f"HTTP/1.1 {status} ") and not first.endswith(" ")
    assert raw_body == body
    assert headers.items() <= found.items()
    assert (found["content-length"], found["connection"]) == (str(len(body)), "close")
    assert parsedate_to_datetime(found["date"]).tzinfo is not None


def test_headers_that_are_added_take_precedence() -> None:
    raw = raw_problem(Invalid("no socket", status=426), {"upgrade": "websocket", "connection": "upgrade, close"})
    first, found, _ = parsed(raw)
    assert first == "HTTP/1.1 426 Upgrade Required"
    assert (found["upgrade"], found["connection"]) == ("websocket", "upgrade, close")


def test_a_detail_in_any_script_is_utf_8_and_never_a_header() -> None:
    raw = raw_problem(NotFound("there is no blog 'süß\r\nx: y'"))
    _, found, body = parsed(raw)
    assert "x" not in found
    assert json.loads(body)["detail"] == "there is no blog 'süß\r\nx: y'"
    assert int(found["content-length"]) == len(body)
