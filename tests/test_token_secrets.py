"""Tokens: made once, shown once, kept as a digest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stoppress.errors import Invalid, Unauthenticated
from stoppress.token_secrets import new_token, recognise, token_id

NOW = datetime(2031, 5, 4, tzinfo=UTC)


def test_a_token_is_recognised_and_its_secret_not_kept() -> None:
    record, text = new_token("cms", ["publish"], ["night"], None, NOW)
    assert token_id(text) == record.id
    assert text.rpartition("_")[2] not in repr(record)
    caller = recognise(text, record, NOW)
    assert (caller.name, caller.scopes, caller.blogs) == ("cms", frozenset({"publish"}), frozenset({"night"}))


@pytest.mark.parametrize("text", ["", "sp_", "run_abc", "sp_short_secret", "sp_000000000000_a_b", "sp_zz!zzzzzzzzz_x"])
def test_what_is_no_token_has_no_id(text: str) -> None:
    assert token_id(text) is None


def test_another_secret_is_refused() -> None:
    record, text = new_token("cms", ["read"], [], None, NOW)
    with pytest.raises(Unauthenticated):
        recognise(text[:-1] + ("0" if text[-1] != "0" else "1"), record, NOW)
    with pytest.raises(Unauthenticated):
        recognise(text, None, NOW)


def test_an_expired_token_says_so() -> None:
    record, text = new_token("cms", ["read"], [], NOW + timedelta(hours=1), NOW)
    recognise(text, record, NOW + timedelta(minutes=59))
    with pytest.raises(Unauthenticated, match="expired"):
        recognise(text, record, NOW + timedelta(hours=1))


def test_every_fault_of_a_new_token_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        new_token("two\nlines", ["rule"], [], NOW, NOW)
    assert [error.pointer for error in refused.value.errors] == ["/scopes/0", "/name", "/expires_at"]
