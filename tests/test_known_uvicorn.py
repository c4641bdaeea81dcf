"""Which uvicorn the fast path takes, and what is said of another."""

from __future__ import annotations

import pytest
import uvicorn.protocols.utils
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stoppress import known_uvicorn
from stoppress.known_uvicorn import why_unknown


def test_the_installed_one_is_known() -> None:
    """If this fails after an upgrade: run `make test-asgi` and the tests of the fast path, then widen TESTED."""
    assert why_unknown() is None


@pytest.mark.parametrize("version", ["0.53.9", "0.55.0", "0.55.0rc1", "1.0"])
def test_a_release_that_was_not_tested_is_unknown(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(known_uvicorn, "version", lambda _: version)
    assert why_unknown() == f"expected uvicorn >=0.54,<0.55, but got {version}"


def test_a_release_without_a_part_that_is_used_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(uvicorn.protocols.utils, "get_client_addr")
    assert "has no uvicorn.protocols.utils.get_client_addr" in (why_unknown() or "")


def test_a_release_that_calls_a_part_otherwise_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpToolsProtocol, "on_header", lambda self, header: None)
    assert "HttpToolsProtocol.on_header" in (why_unknown() or "")
