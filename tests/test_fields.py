"""How the times in fields are written."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from stoppress.fields import Srcset, Url, no_controls, rfc3339

moments = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@given(moments)
def test_times_are_rfc_3339_and_exact_to_the_millisecond(at: datetime) -> None:
    assert datetime.fromisoformat(rfc3339(at)) == at
    assert rfc3339(at).endswith("Z")


def test_a_control_character_is_refused_by_its_category() -> None:
    controls = {chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) in ("Cc", "Zl", "Zp")}
    controls |= {chr(0xD800), chr(0xDFFF), "\u202d", "\u202e"}
    for code in (*range(0x3000), 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFEFF, 0x1F600):
        text = f"a{chr(code)}"
        for lines, allowed in ((True, "\n\t\u2028\u2029"), (False, "")):
            if chr(code) in controls and chr(code) not in allowed:
                with pytest.raises(ValueError, match=rf"U\+{code:04X} at position 1"):
                    no_controls(text, lines=lines)
            else:
                assert no_controls(text, lines=lines) == text


@pytest.mark.parametrize("char", [*map(chr, range(0x20)), "\x7f", "\x85", "\u200e", "\u2029", "\u202e", "\u2067"])
@pytest.mark.parametrize("kind", [Url, Srcset])
@pytest.mark.parametrize("start", ["https://news.example/a", "/media/a"])
def test_a_url_carries_no_control_or_direction_character(kind: type[str], start: str, char: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(f"{start}{char}b")
    if char.strip() or kind is Url:
        assert f"{ascii(char)} at position {len(start)} must be percent-encoded" in str(refused.value)


def test_a_url_may_have_letters_of_any_script() -> None:
    for url in ("https://münchen.example/straße", "/media/صورة.jpg", "https://x.example/می\u200cخواهم"):
        assert TypeAdapter(Url).validate_python(url) == url
