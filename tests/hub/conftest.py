"""The hub leans on how a loop's transports buffer and pause: what is tested here holds on both loops it may run on."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}
