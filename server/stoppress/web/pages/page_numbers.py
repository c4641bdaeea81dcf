"""Which posts are on which page of a blog.

Pages are numbered from the oldest post, so that a post stays on its page while others arrive. Page 1 has the first
`size` posts, page 2 the next, and so on. The newest page has `size` posts and the remainder; it grows until there are
enough posts for another page.
"""

from __future__ import annotations

from stoppress.store.base import Order


def last_page(total: int, size: int) -> int:
    """The number of the newest page of `total` posts; at least 1."""
    return max(1, total // size)


def page_of(older: int, total: int, size: int) -> int:
    """The number of the page that holds a post, which has `older` posts before it in time."""
    return min(older // size + 1, last_page(total, size))


def posts_on_page(number: int, total: int, size: int, order: Order) -> tuple[int, int]:
    """How many posts to skip in this order, and how many to read, for the page `number` of `total` posts.

    The count is at least 1, also for a blog without posts.
    """
    first = (number - 1) * size
    count = max(total - first if number == last_page(total, size) else size, 1)
    return (first if order == "oldest" else max(total - first - count, 0)), count
