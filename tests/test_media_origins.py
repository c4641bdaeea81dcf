"""Which addresses of pictures are allowed, and the policy that says the same to browsers."""

from __future__ import annotations

import pytest

from stoppress.media_origins import MediaOrigins

HERE = "/media/0123.jpg"
NEWSROOM = "https://pictures.example.org"


@pytest.mark.parametrize("url", [HERE, "picture.jpg", "https://any.example/a.jpg", "//any.example/a.jpg"])
def test_any_https_address_is_allowed_by_default(url: str) -> None:
    assert MediaOrigins().refusal(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://any.example/a.jpg",
        "ftp://any.example/a.jpg",
        "https:any.example",
        "https://a@b/c",
        "https://[",
        "data:x",
    ],
)
@pytest.mark.parametrize("allowed", ["*", NEWSROOM, ""])
def test_what_is_not_https_is_refused(url: str, allowed: str) -> None:
    why = MediaOrigins(allowed).refusal(url)
    assert why and url in why


@pytest.mark.parametrize(
    "url", ["https://other.example/a", "//other.example/a", "/\\other.example/a", f"{NEWSROOM}:444/a"]
)
@pytest.mark.parametrize("allowed", [NEWSROOM, ""])
def test_other_servers_are_refused_if_some_are_named(url: str, allowed: str) -> None:
    why = MediaOrigins(allowed).refusal(url)
    assert why and "STOPPRESS_MEDIA_ORIGINS" in why


def test_named_servers_and_this_one_are_allowed() -> None:
    origins = MediaOrigins(f"{NEWSROOM}:443/, https://two.example", "http://live.example")
    for url in (HERE, f"{NEWSROOM}/a.jpg", "https://TWO.example/a.jpg", "http://live.example/media/a.jpg"):
        assert origins.refusal(url) is None


def test_the_policy_names_the_same_servers() -> None:
    assert MediaOrigins().policy == "https:"
    assert MediaOrigins(NEWSROOM, "http://live.example").policy == f"http://live.example {NEWSROOM}"
    assert MediaOrigins("").policy == ""


@pytest.mark.parametrize("allowed", ["http://pictures.example", "pictures.example", "https://a.example/path", "null"])
def test_what_is_no_https_origin_can_t_be_set(allowed: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        MediaOrigins(allowed)
