"""Which pages may read, and what a browser is told of it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stoppress.errors import Forbidden
from stoppress.origins import Origins, parse_origin
from stoppress.settings import Settings
from stoppress.web.http.cors import cors_headers, preflight_headers


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://news.example", "https://news.example"),
        ("https://news.example/", "https://news.example"),
        ("HTTPS://News.Example:443", "https://news.example"),
        ("http://news.example:80/", "http://news.example"),
        ("http://news.example:443", "http://news.example:443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[2001:DB8::7]:8080", "http://[2001:db8::7]:8080"),
        ("https://zeitung-köln.example", "https://xn--zeitung-kln-zfb.example"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("file://", "file://"),
        ("null", "null"),
    ],
)
def test_an_origin_has_one_normal_form(text: str, normal: str) -> None:
    assert parse_origin(text) == normal
    assert parse_origin(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "foo",
        "news.example",
        "https://",
        "https:news.example",
        "//news.example",
        "https://*.news.example",
        "https://news.example/live",
        "https://news.example?a",
        "https://news.example?",
        "https://news.example#",
        "https://editor@news.example",
        "https://news.example:99999",
        "https://news example",
        "https://[",
        "*",
        "Null",
    ],
)
def test_what_is_no_origin_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(ValueError, match="expected origins such as https://news.example.org") as refused:
        parse_origin(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize("allowed", ["foo", "https://a.example, b.example", "*, foo"])
def test_a_setting_that_names_no_origin_stops_the_start(allowed: str) -> None:
    with pytest.raises(ValidationError, match="expected origins"):
        Settings(origins=allowed)


@pytest.mark.parametrize(
    ("allowed", "origin", "host"),
    [
        ("*", "https://anywhere.example", "live.example.org"),
        ("*", "null", None),
        ("", None, "live.example.org"),
        ("https://a.example", None, "live.example.org"),
        ("https://b.example, https://a.example/", "https://a.example", "live.example.org"),
        ("https://A.example:443", "https://a.example", "live.example.org"),
        ("https://a.example", "https://LIVE.example.org", "live.example.org:443"),
        ("https://a.example", "http://live.example.org:8008", "live.example.org:8008"),
        ("null", "null", "live.example.org"),
    ],
)
def test_pages_that_may(allowed: str, origin: str | None, host: str | None) -> None:
    origins = Origins(allowed)
    origins.check(origin, host)
    found = cors_headers(origins, origin, host)
    if origins.any:
        assert found["access-control-allow-origin"] == "*" and "vary" not in found
    else:
        assert found.get("access-control-allow-origin") == origin and found["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "file://",
        "",
        "https://live.example.org.evil.example",
        "http://live.example.org:99999",
        "http://a.example",
        "[",
    ],
)
def test_pages_that_may_not(origin: str) -> None:
    origins = Origins("https://a.example")
    with pytest.raises(Forbidden, match="STOPPRESS_ORIGINS"):
        origins.check(origin, "live.example.org")
    with pytest.raises(Forbidden):
        preflight_headers(origins, origin, "live.example.org")
    assert cors_headers(origins, origin, "live.example.org") == {"vary": "Origin"}


def test_a_page_without_an_origin_of_its_own_is_never_of_this_host() -> None:
    for origin, host in (("null", "null"), ("file://", ""), ("https://live.example.org", None)):
        assert not Origins("").allow(origin, host)
