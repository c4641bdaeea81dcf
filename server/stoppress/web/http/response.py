"""How answers are written: JSON, problems, validators."""

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
    """Compact UTF-8 JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def answer(content: Any, status: int = 200, headers: Mapping[str, str] = NO_STORE) -> Response:
    """A JSON answer."""
    return Response(dump(content), status, dict(headers), "application/json")


def problem_answer(error: StopPressError) -> Response:
    """The error as problem+json."""
    status, headers, body = problem_response(error)
    return Response(body, status, headers)


def etag(entry: Post | Tombstone | Blog) -> str:
    """The revision, as a strong validator."""
    return f'"{entry.revision}"'


def unless_known(request: Request, tag: str, content: Any, headers: Mapping[str, str] = REVALIDATE) -> Response:
    """The content, or 304 if the caller has it (RFC 9110, 13.1.2: by weak comparison)."""
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    headers = {**headers, "etag": tag}
    if tag.removeprefix("W/") in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return answer(content, headers=headers)


def cursor_tag(cursor: Cursor) -> str:
    """What a blog shows at a cursor is always the same: a weak validator of everything that shows it."""
    return f'W/"{cursor}"'
