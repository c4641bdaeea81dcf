"""Which hosts a request may have."""

from __future__ import annotations

import pytest

from stoppress.errors import Invalid
from stoppress.host_header import check_host, is_host


@pytest.mark.parametrize(
    "host", [b"live.example.org", b"LIVE.example:8000", b"127.0.0.1", b"[::1]:8000", b"a_b.example", b"x:", b""]
)
def test_a_host_may_have_a_port(host: bytes) -> None:
    assert is_host(host)
    check_host("1.1", [host])


@pytest.mark.parametrize(
    "host", [b"a b", b"a/b", b"a@b", b"[::1", b"a:b", b"a:1:2", b"\xe4.example", b"a\x00", b"a?b", b"http://a"]
)
def test_what_is_no_host_is_refused_by_name(host: bytes) -> None:
    with pytest.raises(Invalid, match="expected a host such as") as refused:
        check_host("1.1", [host])
    assert refused.value.status == 400
    assert refused.value.errors[0].pointer == "Host"


@pytest.mark.parametrize(
    ("version", "hosts"), [("1.1", []), ("1.1", [b"a", b"a"]), ("1.0", [b"a", b"b"]), ("2", [b"a", b"b"])]
)
def test_the_number_of_hosts_is_checked(version: str, hosts: list[bytes]) -> None:
    with pytest.raises(Invalid, match=f"exactly one Host header, but got {len(hosts)}"):
        check_host(version, hosts)


@pytest.mark.parametrize("version", ["1.0", "2"])
def test_only_http_1_1_needs_one(version: str) -> None:
    check_host(version, [])
