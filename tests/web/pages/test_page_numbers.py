"""Which posts are on which page: numbered from the oldest, and the newest page holds the remainder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoppress.web.pages.page_numbers import last_page, page_of, posts_on_page


@pytest.mark.parametrize(
    ("number", "oldest", "newest"),
    [(1, (0, 50), (70, 50)), (2, (50, 70), (0, 70))],
)
def test_the_newest_of_two_pages_holds_the_remainder(
    number: int, oldest: tuple[int, int], newest: tuple[int, int]
) -> None:
    assert last_page(120, 50) == 2
    assert posts_on_page(number, 120, 50, "oldest") == oldest
    assert posts_on_page(number, 120, 50, "newest") == newest


def test_a_blog_without_posts_has_one_page() -> None:
    assert last_page(0, 50) == 1
    assert posts_on_page(1, 0, 50, "newest") == (0, 1)


@given(st.integers(1, 500), st.integers(1, 60))
def test_each_post_is_on_one_page_whichever_the_order(total: int, size: int) -> None:
    in_order = list(range(total))
    pages = range(1, last_page(total, size) + 1)
    for order, posts in (("oldest", in_order), ("newest", in_order[::-1])):
        found = {}
        for number in pages:
            skip, count = posts_on_page(number, total, size, "oldest" if order == "oldest" else "newest")
            found[number] = posts[skip : skip + count]
        assert sorted(sum(found.values(), [])) == in_order
        for number, held in found.items():
            assert {page_of(older, total, size) for older in held} == {number}
