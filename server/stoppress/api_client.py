"""A client of the HTTP API (docs/http-api.md), for `publish`, `import` and the demo.

A request is retried with full jitter while the server can't be reached or asks to come back later (429, 503). That is
safe: every POST has an Idempotency-Key, so a retry of one that did arrive gets the first answer, and a repeated PATCH
or DELETE has the same effect as one.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

import httpx2

from stoppress.errors import FieldError, StopPressError, Unavailable

Object = dict[str, Any]

FIRST_DELAY = 0.5  # seconds; the longest wait before attempt n+1 is this times 2^n
LONGEST_DELAY = 10.0  # seconds
TIMEOUT = 10.0  # seconds for one attempt


class Refused(StopPressError):
    """The server rejected the request.

    `status` and `detail` are the server's, `errors` lists the wrong fields, and `problem` is the whole answer.
    """

    title = "Refused by the server"

    def __init__(self, status: int, detail: str, errors: tuple[FieldError, ...] = (), problem: Object | None = None):
        super().__init__(detail)
        self.status = status
        self.errors = errors
        self.problem = problem or {}


@dataclass(slots=True)
class ApiClient:
    """The API at `url` (`http://host:port`, without `/v1`), with a bearer `token`. Use it as an async context manager.

    `patience` is how long to retry a request, in seconds in all. With `environment`, proxies and certificates are taken
    from environment variables. All methods raise Refused, or Unavailable when the patience has run out.
    """

    url: str
    token: str | None = None
    patience: float = 30.0
    environment: bool = True
    transport: httpx2.AsyncBaseTransport | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    _http: httpx2.AsyncClient = field(init=False)

    async def __aenter__(self) -> Self:
        headers = {"user-agent": "stoppress"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        self._http = httpx2.AsyncClient(
            base_url=self.url.rstrip("/"),
            headers=headers,
            timeout=TIMEOUT,
            transport=self.transport,
            trust_env=self.environment,
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.aclose()

    async def blog(self, blog: str) -> Object | None:
        """The blog. None if there is none with this id."""
        return await self._get(f"/v1/blogs/{_part(blog)}")

    async def create_blog(self, fields: Mapping[str, Any], *, key: str | None = None) -> Object:
        """Create a blog. Returns `{blog, cursor}`."""
        return await self._send("POST", "/v1/blogs", fields, key=key)

    async def change_blog(self, blog: str, patch: Mapping[str, Any]) -> Object:
        """Change a blog by a merge patch. Returns `{blog, cursor}`."""
        return await self._send("PATCH", f"/v1/blogs/{_part(blog)}", patch)

    async def delete_blog(self, blog: str) -> Object:
        """Delete a blog, with all its posts. The answer has no useful content."""
        return await self._send("DELETE", f"/v1/blogs/{_part(blog)}")

    async def post(self, blog: str, post: str) -> Object | None:
        """The post. None if there is none with this id. Raises Refused with status 410 if it was deleted."""
        return await self._get(f"/v1/blogs/{_part(blog)}/posts/{_part(post)}")

    async def all_posts(self, blog: str) -> Sequence[Object]:
        """All published posts of a blog, newest first."""
        found: list[Object] = []
        page: str | None = None
        while True:
            parameters = {"limit": "100"} | ({"page": page} if page else {})
            answer = await self._send("GET", f"/v1/blogs/{_part(blog)}/posts", parameters=parameters)
            found += answer["posts"]
            page = answer.get("next")
            if page is None:
                return found

    async def create_post(self, blog: str, fields: Mapping[str, Any], *, key: str | None = None) -> Object:
        """Create a post. Returns `{post, cursor}`. For a day, the same `key` and fields get the same answer."""
        return await self._send("POST", f"/v1/blogs/{_part(blog)}/posts", fields, key=key)

    async def change_post(self, blog: str, post: str, patch: Mapping[str, Any]) -> Object:
        """Change a post by a merge patch. Returns `{post, cursor}`."""
        return await self._send("PATCH", f"/v1/blogs/{_part(blog)}/posts/{_part(post)}", patch)

    async def delete_post(self, blog: str, post: str) -> Object:
        """Delete a post. Returns `{post, cursor}`, where `post` is its tombstone."""
        return await self._send("DELETE", f"/v1/blogs/{_part(blog)}/posts/{_part(post)}")

    async def _get(self, path: str) -> Object | None:
        try:
            return await self._send("GET", path)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Object:
        headers = {"idempotency-key": key or uuid.uuid4().hex} if method == "POST" else {}
        if method == "PATCH":
            headers["content-type"] = "application/merge-patch+json"
        deadline = self.clock() + self.patience
        attempt = 0
        while True:
            at_least = 0.0
            try:
                response = await self._http.request(method, path, json=body, headers=headers, params=parameters)
            except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
                raise StopPressError(f"Expected the URL of a server, but got {self.url!r}: {error}") from error
            except httpx2.TransportError as error:
                failure = f"{self.url} can't be reached: {error or type(error).__name__}"
            else:
                if response.status_code not in (429, 503):
                    return _answer(response)
                failure = f"{self.url} answered {response.status_code}: {_detail(response)}"
                at_least = _retry_after(response)
            delay = at_least + self.chance() * min(LONGEST_DELAY, FIRST_DELAY * 2**attempt)
            attempt += 1
            if self.clock() + delay > deadline:
                raise Unavailable(failure)
            await self.sleep(delay)


def _part(identifier: str) -> str:
    return quote(identifier, safe="")


def _retry_after(response: httpx2.Response) -> float:
    """Seconds to wait before the next attempt; 0 if the response does not say.

    (RFC 9110, 10.2.3; Stop Press does not send the form with a date.)
    """
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _problem(response: httpx2.Response) -> Object:
    try:
        content = response.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _detail(response: httpx2.Response) -> str:
    problem = _problem(response)
    return str(problem.get("detail") or problem.get("title") or response.reason_phrase or response.text[:200])


def _answer(response: httpx2.Response) -> Object:
    """The content of a successful response. Raises Refused for any other response."""
    problem = _problem(response)
    if response.is_success:
        if not problem and response.status_code != 204:
            raise Refused(
                response.status_code,
                f"expected an answer of Stop Press from {response.url}, but got something else; check the URL",
            )
        return problem
    errors = tuple(
        FieldError(str(wrong.get("pointer") or wrong.get("parameter") or ""), str(wrong.get("detail", "")))
        for wrong in problem.get("errors") or ()
    )
    raise Refused(response.status_code, _detail(response), errors, problem)
