"""The bound on a request's head, and that uvicorn still has the hooks it leans on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from stoppress.web.http.head_limit import BoundedHead
from uvicorn_in_loop import listening

pytestmark = pytest.mark.anyio

LIMIT = 16_384


class Protocol(BoundedHead):
    """What uvicorn makes for each connection."""

    head_limit = LIMIT


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A uvicorn with the bound, and nothing behind it."""
    config = uvicorn.Config(
        PlainTextResponse("served"), port=0, http=Protocol, lifespan="off", log_config=None, log_level="critical"
    )
    async with listening(config) as found:
        yield found


async def ask(port: int, *parts: bytes) -> tuple[int, bytes]:
    """Send the parts, each by itself; the answer's status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(65_536), 20)
    writer.close()
    await asyncio.wait_for(writer.wait_closed(), 20)
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


START = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


async def test_a_usual_request_is_served(port: int) -> None:
    assert await ask(port, START + b"X-Some: " + b"a" * (LIMIT - 200) + b"\r\n\r\n") == (200, b"served")


@pytest.mark.parametrize(
    "headers",
    [
        b"X-Big: " + b"a" * 1_048_576 + b"\r\n\r\n",
        b"X-Endless: " + b"a" * 200_000,
        b"".join(b"X-%d: %s\r\n" % (i, b"b" * 1_000) for i in range(1_048)) + b"\r\n",
    ],
    ids=["one of 1 MiB", "one that never ends", "a thousand"],
)
async def test_a_head_over_the_limit_is_431_and_named(port: int, headers: bytes) -> None:
    status, body = await ask(port, START, headers)
    problem = json.loads(body)
    assert status == problem["status"] == 431
    assert problem["errors"][0]["parameter"] == "headers" and str(LIMIT) in problem["detail"]


async def test_what_is_not_http_is_a_problem_too(port: int) -> None:
    status, body = await ask(port, b"\x16\x03\x01 hello\r\n\r\n")
    problem = json.loads(body)
    assert (status, problem["status"], problem["title"]) == (400, 400, "Invalid input")


async def test_a_body_is_not_counted_as_head(port: int) -> None:
    content = b"x" * (4 * LIMIT)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(content)
    assert (await ask(port, request + content))[0] == 200


@pytest.mark.parametrize("requests", [1, 2])
async def test_requests_before_a_refused_one_end_as_if_their_client_had_left(
    caplog: pytest.LogCaptureFixture, requests: int
) -> None:
    refused, ended = asyncio.Event(), asyncio.Event()

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await refused.wait()
        try:
            await PlainTextResponse("late")(scope, receive, send)
        finally:
            ended.set()

    async with listening(serving(late)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * requests + b"\x00 no request\r\n\r\n")
        assert (await asyncio.wait_for(reader.readline(), 20)).split()[1] == b"400"
        refused.set()  # while the connection is still open
        await asyncio.wait_for(ended.wait(), 20)
        writer.close()
    assert "Exception in ASGI application" not in caplog.text


async def test_a_request_with_others_behind_it_ends_when_the_client_leaves() -> None:
    """uvicorn tells that the client has left only to the latest request. The one that is answered must hear of it."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()

    async with listening(serving(waiting)) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        await asyncio.wait_for(begun.wait(), 20)
        writer.close()
        await asyncio.wait_for(ended.wait(), 20)


def serving(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(application, port=0, http=Protocol, lifespan="off", log_config=None, log_level="error")
