"""Which proxies can be listed, and how the list is written down for each part of the server."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stoppress.settings import Settings, wrong_values


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("127.0.0.1, ::1", "127.0.0.1,::1"),
        ("10.1.2.3/8", "10.0.0.0/8"),  # uvicorn would take it for a name
        ("2001:DB8::/32", "2001:db8::/32"),
        ("10.0.0.0/8,*", "*"),
    ],
)
def test_the_list_has_one_form(given: str, kept: str) -> None:
    assert Settings(trusted_proxies=given).trusted_proxies == kept


@pytest.mark.parametrize("wrong", ["proxy.example", "127.0.0.1:80", "10.0.0.0/33"])
def test_what_is_no_address_is_named(wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(trusted_proxies=f"127.0.0.1,{wrong}")
    (line,) = wrong_values(caught.value)
    assert line.startswith("STOPPRESS_TRUSTED_PROXIES=") and repr(wrong) in line
