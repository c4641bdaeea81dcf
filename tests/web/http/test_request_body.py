"""The bytes of a request's body: how many a token may send in a minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from conftest import Clock
from stoppress.settings import Settings
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import TokenLimits
from stoppress.web.pages.assets import Assets
from stoppress.web.routes import site
from web.checks import CLIENT, token

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient
LIMIT = 300_000  # bytes in a minute
LONG = {"title": "L", "body": "x" * 90_000, "status": "draft"}


@pytest.fixture
async def limited(context: Dependencies, clock: Clock) -> AsyncIterator[Client]:
    """Nobody's client of a server whose tokens may send LIMIT bytes in a minute."""
    limits = TokenLimits(context.tokens, LIMIT, clock, "bytes")
    app = site(replace(context, byte_limits=limits), client=Assets(CLIENT), pictures=CLIENT, live=[])
    async with Client(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_token_may_send_so_many_bytes_in_a_minute(
    limited: Client, blog: str, context: Dependencies, clock: Clock
) -> None:
    headers = await token(context, "write")
    answers = [await limited.post(f"{blog}/posts", json=LONG, headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    refused = answers[-1]
    assert "300000 bytes" in refused.json()["detail"] and "STOPPRESS_RATE_LIMIT_BYTES" in refused.json()["detail"]
    assert 0 < int(refused.headers["retry-after"]) == refused.json()["retry_after"] <= 61
    assert '"bytes";q=300000;qu="content-bytes";w=60' in refused.headers["ratelimit-policy"]
    assert '"bytes";r=0;' in refused.headers["ratelimit"]
    assert (await limited.get(f"{blog}/posts?status=draft", headers=await token(context, "read"))).status_code == 200
    small = await limited.post(f"{blog}/posts", json={"title": "S", "status": "draft"}, headers=headers)
    assert small.status_code == 201, "a body that still fits is taken"
    clock.turn(minutes=1)
    assert (await limited.post(f"{blog}/posts", json=LONG, headers=headers)).status_code == 201


async def test_bytes_without_a_declared_length_count_too(limited: Client, blog: str, context: Dependencies) -> None:
    headers = {**await token(context, "write"), "Content-Type": "application/json"}

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"title": "L", "status": "draft", "body": "'
        yield b"x" * 90_000
        yield b'"}'

    answers = [await limited.post(f"{blog}/posts", content=pieces(), headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]


async def test_patches_batches_and_pictures_count(limited: Client, blog: str, context: Dependencies) -> None:
    headers = await token(context, "write")
    await limited.post(f"{blog}/posts", json={"id": "p", "title": "P", "status": "draft"}, headers=headers)
    batch = {"posts": [{"body": "y" * 99_000, "status": "draft"} for _ in range(2)]}
    assert (await limited.post(f"{blog}/posts:batch", json=batch, headers=headers)).status_code == 201
    assert (await limited.patch(f"{blog}/posts/p", json={"body": "z" * 95_000}, headers=headers)).status_code == 200
    for method, path in (("PATCH", f"{blog}/posts/p"), ("POST", f"{blog}/posts:batch"), ("POST", "/v1/media")):
        media = {"Content-Type": "image/png"} if path == "/v1/media" else {"Content-Type": "application/json"}
        refused = await limited.request(method, path, content=b"0" * 20_000, headers=headers | media)
        assert refused.status_code == 429, path


async def test_readers_and_the_operator_have_no_such_limit(limited: Client, blog: str, admin: Client) -> None:
    for _ in range(4):
        answer = await limited.post(f"{blog}/posts", json=LONG, headers=admin.headers)
        assert answer.status_code == 201
        assert "ratelimit" not in answer.headers


def test_a_limit_below_the_largest_body_counts_as_its_size() -> None:
    assert Settings(rate_limit_bytes=1_000).bytes_per_minute == Settings().media_limit
    assert Settings(rate_limit_bytes=0).bytes_per_minute == 0
    assert Settings().bytes_per_minute == 134_217_728
