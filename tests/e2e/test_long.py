"""Two thousand posts: read through by scrolling, while more come."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Page

from .live_page import ids, wait_until_at, wait_until_live
from .server import TOKEN, EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

POSTS = 2_000
# Notes whatever keeps the page from answering for more than 50 ms (W3C, Long Tasks).
NOTE_LONG_TASKS = """window.longest = [];
new PerformanceObserver((list) => { for (const task of list.getEntries()) window.longest.push(task.duration); })
  .observe({ type: "longtask" });"""
# Scrolls on by screens until there is no older post, a screen a frame.
SCROLL_THROUGH = """() => new Promise((done) => {
  const on = () => {
    scrollBy({ top: innerHeight, behavior: "instant" });
    const atEnd = scrollY + innerHeight > document.documentElement.scrollHeight - 2;
    if (atEnd && !document.querySelector("#blog [rel=next]")) done();
    else requestAnimationFrame(on);
  };
  on();
})"""


def _post(i: int) -> dict[str, str]:
    minute = f"2025-03-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00Z"
    return {
        "id": f"p{i:04}",
        "title": f"Post {i}",
        "published_at": minute,
        "body": "<p>" + "The watch went on. " * (10 + i % 40) + "</p>",
    }


@pytest.fixture
def address(server: Server, editor: EditorClient) -> str:
    editor.blog(id="petrel", title="The night of the Petrel")
    with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as http:
        for start in range(0, POSTS, 100):
            content = {"posts": [_post(i) for i in range(start, start + 100)]}
            answer = http.post("/v1/blogs/petrel/posts:batch", json=content)
            assert answer.is_success, answer.text
    return f"{server.url}/blogs/petrel"


def test_two_thousand_posts_are_read_through_without_a_gap_and_arrivals_stay_cheap(
    address: str, editor: EditorClient, page: Page, record_property: Callable[[str, object], None]
) -> None:
    page.add_init_script(NOTE_LONG_TASKS)
    page.goto(address)
    wait_until_live(page)
    page.set_default_timeout(120_000)
    page.evaluate(SCROLL_THROUGH)
    assert ids(page) == [f"p{i:04}" for i in reversed(range(POSTS))]
    while_scrolling = page.evaluate("window.longest.splice(0)")

    cursor = ""
    before = page.locator("#post-p0003").evaluate("post => post.getBoundingClientRect().top")
    for i in range(5):
        cursor = editor.post("petrel", id=f"new-{i}", title=f"News {i}")["cursor"]
        wait_until_at(page, cursor)
        editor.edit("petrel", f"p{100 * i + 50:04}", title=f"Edited {i}")
    cursor = editor.edit("petrel", "p1000", title="Edited in the middle", body="<p>Shorter.</p>")["cursor"]
    wait_until_at(page, cursor)
    assert abs(page.locator("#post-p0003").evaluate("post => post.getBoundingClientRect().top") - before) < 1
    assert page.locator("#news").inner_text() == "5 new"
    while_arriving = page.evaluate("window.longest.splice(0)")
    record_property("long tasks, ms", {"scrolling": while_scrolling, "arriving": while_arriving})


@pytest.mark.parametrize("post", ["p0007", "p0999", "p1990"])
def test_a_permalink_opens_at_its_post_however_far_down(address: str, page: Page, post: str) -> None:
    page.goto(f"{address}/posts/{post}")
    wait_until_live(page)
    there = page.locator(f"#post-{post}")
    # At the top of the view, or as near to it as the page's end lets it.
    assert there.evaluate(
        "e => Math.abs(e.getBoundingClientRect().top) < 60 || scrollY + innerHeight > document.body.scrollHeight - 2"
    )
    assert page.url.endswith(f"#post-{post}")
