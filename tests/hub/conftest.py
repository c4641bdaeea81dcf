"""The hub leans on how a loop's transports buffer and pause: what is tested here holds on both loops it may run on."""

from __future__ import annotations

import pytest

from hub import serving


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(params=["fast path", "ordinary path"])
def both_paths(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of sockets that leave ASGI, and of sockets through uvicorn's own WebSocket class alike."""
    monkeypatch.setattr(serving, "fast_path", request.param == "fast path")
