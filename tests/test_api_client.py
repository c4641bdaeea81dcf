"""The API's client: what it tries again, how, and what it makes of refusals."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from stoppress.api_client import ApiClient, Refused
from stoppress.errors import FieldError, StopPressError, Unavailable

pytestmark = pytest.mark.anyio

Answer = Callable[[httpx2.Request], httpx2.Response]


class Server:
    """Answers each request with the next of its answers, and keeps what it was asked."""

    def __init__(self, *answers: Answer | httpx2.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        return answer(request) if callable(answer) else answer

    def editor(self, patience: float = 60) -> ApiClient:
        return ApiClient(
            "http://desk.example",
            "sp_token",
            patience=patience,
            transport=httpx2.MockTransport(self),
            sleep=self._sleep,
            clock=lambda: sum(self.slept),
            chance=lambda: 1.0,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def cut(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadError("connection reset", request=request)


MADE = httpx2.Response(201, json={"post": {"id": "a"}, "cursor": "e.1"})


async def test_a_post_is_tried_again_with_the_same_key() -> None:
    server = Server(cut, httpx2.Response(503, json={"detail": "the store is away"}), MADE)
    async with server.editor() as editor:
        assert (await editor.create_post("harbour", {"body": "Fog."}))["cursor"] == "e.1"
    keys = {request.headers["idempotency-key"] for request in server.requests}
    assert len(server.requests) == 3 and len(keys) == 1
    assert server.slept == [0.5, 1.0]
    assert server.requests[0].headers["authorization"] == "Bearer sp_token"


async def test_it_waits_as_long_as_the_server_asks() -> None:
    server = Server(httpx2.Response(429, headers={"retry-after": "7"}), MADE)
    async with server.editor() as editor:
        await editor.create_post("harbour", {})
    assert server.slept == [7.5]


async def test_patience_ends_with_the_reason() -> None:
    server = Server(*[cut] * 20)
    async with server.editor(patience=5) as editor:
        with pytest.raises(Unavailable, match="http://desk.example can't be reached: connection reset"):
            await editor.blog("harbour")
    assert sum(server.slept) <= 5


async def test_a_refusal_names_the_fields_and_is_not_tried_again() -> None:
    problem = {"detail": "title: too long", "errors": [{"pointer": "/title", "detail": "too long"}]}
    server = Server(httpx2.Response(422, json=problem))
    async with server.editor() as editor:
        with pytest.raises(Refused, match="title: too long") as raised:
            await editor.create_post("harbour", {})
    assert raised.value.status == 422
    assert raised.value.errors == (FieldError("/title", "too long"),)


async def test_what_is_not_there_is_none() -> None:
    server = Server(httpx2.Response(404, json={"detail": "there is no blog 'x'"}))
    async with server.editor() as editor:
        assert await editor.blog("x") is None


async def test_all_posts_come_over_all_pages() -> None:
    server = Server(
        httpx2.Response(200, json={"posts": [{"id": "c"}, {"id": "b"}], "next": "p2"}),
        httpx2.Response(200, json={"posts": [{"id": "a"}], "next": None}),
    )
    async with server.editor() as editor:
        assert [post["id"] for post in await editor.all_posts("harbour")] == ["c", "b", "a"]
    assert server.requests[1].url.params["page"] == "p2"


async def test_ids_are_quoted() -> None:
    server = Server(httpx2.Response(204))
    async with server.editor() as editor:
        await editor.delete_blog("a/b?c")
    assert server.requests[0].url.raw_path == b"/v1/blogs/a%2Fb%3Fc"


async def test_a_server_that_is_not_stop_press_is_noticed() -> None:
    server = Server(httpx2.Response(200, text="<h1>It works!</h1>"))
    async with server.editor() as editor:
        with pytest.raises(Refused, match="expected an answer of Stop Press from"):
            await editor.blog("harbour")


async def test_an_address_that_is_none_is_named() -> None:
    async with ApiClient("not an address") as editor:
        with pytest.raises(StopPressError, match="not an address"):
            await editor.blog("harbour")
