"""Where the pictures of posts may come from, and which of them lack a description."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stoppress.editing.picture_rules import PictureRules, picture_warnings
from stoppress.errors import Invalid
from stoppress.media_origins import MediaOrigins
from stoppress.model import Author, Post

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RULES = PictureRules(MediaOrigins("https://pictures.example"))
FAR = "https://far.example/a.jpg"


def post(**fields: Any) -> Post:
    return Post.model_validate(
        {"id": "p", "blog": "b", "revision": 1, "status": "published", "created_at": NOW, "published_at": NOW, **fields}
    )


def image(**fields: Any) -> dict[str, Any]:
    return {"type": "image", "url": "/media/a.jpg", "alt": "A quay", **fields}


def pointers(rules: PictureRules, wanted: Post, base: Post | None = None) -> list[str]:
    try:
        rules.check(wanted, base)
    except Invalid as error:
        return [wrong.pointer for wrong in error.errors]
    return []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"media": [image(), image(url=FAR)]}, "/media/1/url"),
        ({"media": [image(srcset=f"/media/a.jpg 320w, {FAR} 640w")]}, "/media/0/srcset"),
        ({"media": [{"type": "embed", "url": FAR, "thumbnail": FAR}]}, "/media/0/thumbnail"),
        ({"authors": [{"name": "Ann", "image": FAR}]}, "/authors/0/image"),
        ({"body": f'<p>Look: <img alt="a > b" src="{FAR}"></p>'}, "/body"),
        ({"body": '<img src="//far.example/a&amp;b.jpg">'}, "/body"),
        ({"media": [image(decorative=True)]}, "/media/0/alt"),
    ],
)
def test_a_picture_that_breaks_a_rule_is_named(fields: dict[str, Any], pointer: str) -> None:
    assert pointers(RULES, post(**fields)) == [pointer]


def test_a_picture_that_was_there_before_may_stay() -> None:
    before = post(media=[image(url=FAR)], body=f'<img src="{FAR}">')
    assert pointers(RULES, before.model_copy(update={"title": "Two"}), before) == []
    assert pointers(RULES, before) == ["/media/0/url", "/body"]


def test_a_blog_s_authors_may_not_have_pictures_from_elsewhere() -> None:
    authors = (Author(name="Ann", image=FAR),)
    with pytest.raises(Invalid, match="authors/0/image"):
        RULES.check_authors(authors)
    RULES.check_authors(authors, before=authors)


def test_a_picture_without_a_description_is_a_warning_or_an_error() -> None:
    media = [image(), image(alt=""), image(alt="", decorative=True)]
    lacking = post(media=media, body='<p><img src="/a.jpg"><img src="/b.jpg" alt=""><img src="/c.jpg" alt="Sea"></p>')
    assert [warning.pointer for warning in picture_warnings(lacking)] == ["/media/1/alt", "/body"]
    assert pointers(PictureRules(), lacking) == []
    strict = PictureRules(require_alt=True)
    assert pointers(strict, lacking) == ["/media/1/alt", "/body"]
    assert pointers(strict, lacking.model_copy(update={"status": "draft"})) == []
