"""The scopes of tokens, and what they allow."""

from __future__ import annotations

import pytest

from stoppress.errors import Forbidden, Unauthenticated
from stoppress.token_scopes import ANONYMOUS, Caller


def test_scopes_include_one_another_and_stop_at_the_blog() -> None:
    publisher = Caller("p", frozenset({"publish"}), frozenset({"night"}))
    assert publisher.may("write", "night") and publisher.may("publish", "night")
    assert not publisher.may("read", "night") and not publisher.may("admin")
    assert not publisher.may("publish", "day")
    with pytest.raises(Forbidden, match="'day'"):
        publisher.require("publish", "day")
    with pytest.raises(Forbidden, match="'admin'"):
        publisher.require("admin")
    with pytest.raises(Unauthenticated, match="'read'"):
        ANONYMOUS.require("read")
