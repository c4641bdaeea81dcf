"""What the operator meets first: the token of this run, and where everything is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from stoppress.settings import Settings
from stoppress.startup_message import AdminToken, admin_token, welcome
from stoppress.store.redis_store import RedisStore
from stoppress.store.tokens import RedisTokens
from stoppress.token_secrets import new_token

pytestmark = pytest.mark.anyio


def settings_for(**given: object) -> Settings:
    return Settings.model_validate(given)


@pytest.fixture
async def tokens(store: RedisStore, valkey_url: str) -> AsyncIterator[RedisTokens]:
    """The tokens of an empty store."""
    tokens = RedisTokens(valkey_url, Settings())
    yield tokens
    await tokens.close()


async def test_the_token_of_the_settings_counts_and_is_not_shown(tokens: RedisTokens) -> None:
    token = await admin_token(settings_for(admin_token="the-operators-own-and-nobody-elses"), tokens)
    assert token.text == "the-operators-own-and-nobody-elses" and token.text not in token.shown


async def test_who_tries_it_on_their_own_machine_gets_a_token_for_this_run(tokens: RedisTokens) -> None:
    first, second = await admin_token(settings_for(), tokens), await admin_token(settings_for(), tokens)
    assert first.text and first.text in first.shown
    assert first.text != second.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "live.example.org"])
async def test_a_server_that_others_reach_has_no_token_of_its_own(tokens: RedisTokens, host: str) -> None:
    token = await admin_token(settings_for(host=host), tokens)
    assert token.text is None and "stoppress token create" in token.shown


async def test_where_there_are_tokens_none_is_made_except_for_the_demo(tokens: RedisTokens) -> None:
    record, _ = new_token("desk", ["write"], [], None, datetime.now(UTC))
    await tokens.add(record)
    assert (await admin_token(settings_for(), tokens)).text is None
    assert (await admin_token(settings_for(demo=True), tokens)).text is not None


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({}, ["Pages     http://127.0.0.1:8123/", "API docs  http://127.0.0.1:8123/docs", "Token     abc"]),
        ({"demo": True}, ["Page      http://127.0.0.1:8123/blogs/demo"]),
        ({"host": "::1"}, ["Pages     http://[::1]:8123/"]),
    ],
    ids=["a server", "the demo", "an IPv6 address"],
)
async def test_the_welcome_says_where_everything_is(
    capsys: pytest.CaptureFixture[str], given: dict[str, object], lines: list[str]
) -> None:
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    welcoming = asyncio.create_task(welcome(settings_for(**given), listening, AdminToken("abc", "abc")))
    await asyncio.sleep(0)
    assert capsys.readouterr().out == ""  # nothing is there yet
    listening.set_result(8123)
    await welcoming
    out = capsys.readouterr().out
    assert "Stop Press is ready." in out
    for line in lines:
        assert f"  {line}\n" in out
