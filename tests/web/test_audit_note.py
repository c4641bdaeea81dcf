"""What the audit log keeps of an editor's address."""

from __future__ import annotations

import pytest

from stoppress.web.audit_note import kept_address


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("a socket", ""),
    ],
)
def test_an_address_is_shortened_to_its_network(address: str, short: str) -> None:
    assert kept_address(address, "short") == short


@pytest.mark.parametrize("address", ["203.0.113.77", "2001:db8::1", "a socket"])
def test_an_address_is_kept_whole_or_not_at_all_when_asked(address: str) -> None:
    assert kept_address(address, "whole") == address
    assert kept_address(address, "none") == ""
