"""Whose requests are limited. tests/web/api/test_who.py counts them over several processes."""

from __future__ import annotations

import pytest

from stoppress.token_scopes import OPERATOR
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import TokenLimits

pytestmark = pytest.mark.anyio


async def left(limits: TokenLimits, token: str) -> list[int | None]:
    """What is left after each of three requests."""
    quotas = [await limits.spend(token) for _ in range(3)]
    return [None if quota is None else quota.left for quota in quotas]


async def test_every_token_but_the_operators_has_a_limit(context: Dependencies) -> None:
    limits = TokenLimits(context.tokens, 2, context.clock)
    assert await left(limits, "0123456789ab") == [1, 0, -1]
    assert await left(limits, OPERATOR.id) == [None, None, None]


async def test_a_quota_of_0_is_no_limit(context: Dependencies) -> None:
    assert await left(TokenLimits(context.tokens, 0, context.clock), "0123456789ab") == [None, None, None]
