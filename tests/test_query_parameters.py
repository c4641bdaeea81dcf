"""A query is parsed by what its route declares: strictly under /v1, leniently for pages."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoppress.errors import Invalid, ParameterError
from stoppress.model import Cursor
from stoppress.query_parameters import CURSOR, EVENTS, FORM, choice, flag, number, read_known, read_query, text
from stoppress.wire import Form

LIMIT = number("limit", "How many.", 1, 100, 50)
ORDER = choice("order", "By time.", "newest", "oldest")
KEY = flag("key", "Key events.")
TAG = text("tag", "With this tag.")
DECLARED = (LIMIT, ORDER, KEY, TAG)


def refused(query: str | bytes) -> dict[str, str]:
    """Parameter → detail of the refusal."""
    with pytest.raises(Invalid) as error:
        read_query(query, DECLARED)
    assert error.value.status == 400
    assert all(isinstance(wrong, ParameterError) for wrong in error.value.errors)
    return {wrong.pointer: wrong.detail for wrong in error.value.errors}


def test_what_is_not_given_has_its_default() -> None:
    for query in ("", b"", "&", "&&"):
        found = read_query(query, DECLARED)
        assert (found[LIMIT], found[ORDER], found[KEY], found[TAG]) == (50, "newest", False, "")


def test_values_are_decoded_and_read() -> None:
    for query in (
        "limit=7&order=oldest&key=true&tag=s%C3%BC%C3%9F+x",
        b"tag=s%c3%bc%c3%9f%20x&&key=true&limit=7&order=oldest",
    ):
        found = read_query(query, DECLARED)
        assert (found[LIMIT], found[ORDER], found[KEY], found[TAG]) == (7, "oldest", True, "süß x")


@pytest.mark.parametrize(
    ("query", "name", "detail"),
    [
        ("limit=0", "limit", "expected a whole number from 1 to 100, but got '0'"),
        ("limit=", "limit", "expected a whole number from 1 to 100, but got ''"),
        ("limit=%D9%A3", "limit", "expected a whole number from 1 to 100, but got '٣'"),
        ("order=sideways", "order", "expected one of newest, oldest, but got 'sideways'"),
        ("key=yes", "key", "expected one of false, true, but got 'yes'"),
        ("limit=1&limit=1", "limit", "expected one value, but got 2: '1' and '1'"),
        (
            "utm_source=x",
            "utm_source",
            "expected one of limit, order, key, tag, but got 'utm_source' with the value 'x'",
        ),
        ("Limit=1", "Limit", "but got 'Limit'"),
        ("%2Ftag=x", "/tag", "but got '/tag'"),
        ("=x", "", "but got ''"),
        ("debug", "debug", "with the value ''"),
    ],
)
def test_a_query_that_is_wrong_is_refused_with_name_and_value(query: str, name: str, detail: str) -> None:
    assert detail in refused(query)[name]
    assert detail in refused(query.encode())[name]


def test_all_that_is_wrong_is_named_within_bounds() -> None:
    assert set(refused("limit=x&order=up&other=1&tag=a")) == {"limit", "order", "other"}
    many = refused(urlencode({f"p{i}" + "n" * 500: "v" * 500 for i in range(100)}))
    assert len(many) == 20
    assert max(map(len, many)) == 80 and max(map(len, many.values())) < 400
    with pytest.raises(Invalid, match="expected no query parameters, but got 'a'"):
        read_query("a=1", ())


def test_a_page_ignores_what_it_does_not_know_and_takes_the_last_of_several() -> None:
    found = read_known("utm_source=x&limit=1&limit=2&=&fbclid", DECLARED)
    assert (found[LIMIT], found[ORDER]) == (2, "newest")
    with pytest.raises(Invalid, match="order"):
        read_known("utm_source=x&order=up", DECLARED)


def test_following_a_blog_takes_a_cursor_and_a_form() -> None:
    found = read_query("cursor=e1.4&form=html", EVENTS)
    assert (found[CURSOR], found[FORM]) == (Cursor("e1", 4), Form.HTML)
    assert (read_query("", EVENTS)[CURSOR], read_query("", EVENTS)[FORM]) == (None, Form.JSON)
    with pytest.raises(Invalid, match="form: expected one of json, html, but got 'xml'"):
        read_query("form=xml", EVENTS)
    with pytest.raises(Invalid, match="cursor: expected a cursor EPOCH.SEQUENCE, but got 'x'"):
        read_query("cursor=x", EVENTS)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(query: bytes) -> None:
    for read in (read_query, read_known):
        try:
            read(query, DECLARED)
        except Invalid as error:
            assert error.status == 400
