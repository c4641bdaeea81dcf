"""Builds responses: JSON, problems (RFC 9457), and validators (ETag and If-None-Match)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stoppress.errors import StopPressError
from stoppress.model import Blog, Cursor, Post, Tombstone
from stoppress.problem import problem_response
from stoppress.web.http.cache_control import NO_STORE, REVALIDATE


def dump(content: Any) -> bytes:
    """`content` as compact UTF-8 JSON. Raises ValueError for infinity and NaN."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def answer(content: Any, status: int = 200, headers: Mapping[str, str] = NO_STORE) -> Response:
    """A JSON response. By default its headers tell caches not to store it."""
    return Response(dump(content), status, dict(headers), "application/json")


def problem_answer(error: StopPressError) -> Response:
    """The response for an error, as application/problem+json."""
    status, headers, body = problem_response(error)
    return Response(body, status, headers)


def etag(entry: Post | Tombstone | Blog) -> str:
    """The entry's revision as an ETag: a strong validator."""
    return f'"{entry.revision}"'


def unless_known(request: Request, tag: str, content: Any, headers: Mapping[str, str] = REVALIDATE) -> Response:
    """`content` as JSON, or 304 if `If-None-Match` has `tag` (weak comparison: RFC 9110, 13.1.2)."""
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    headers = {**headers, "etag": tag}
    if tag.removeprefix("W/") in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return answer(content, headers=headers)


def cursor_tag(cursor: Cursor) -> str:
    """The cursor as an ETag. A blog's content at a cursor never changes, so the cursor is a weak validator for it."""
    return f'W/"{cursor}"'
