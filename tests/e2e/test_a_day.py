"""A newspaper's live page of one day, told over on an open page and opened afresh: all that it shows is to be seen."""

from __future__ import annotations

import random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .live_page import content, fresh, ids, take_what_waits, wait_until_at, wait_until_live
from .server import EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

PLACES = ("Saltmarch", "the Petrel", "Harbour House", "the lower lock")
BYLINE = "By Odile Marsh, Tomas Weir, Ilse Brandt and Pieter Halloran"


def _post(i: int) -> dict[str, Any]:
    """The i-th of the day; every third was updated after midnight."""
    post: dict[str, Any] = {
        "id": f"p{i:02}",
        "title": f"Report {i} from {PLACES[i % 4]}",
        "byline": f"From Odile Marsh in {PLACES[i % 4]}" if i % 2 else "From the harbour desk",
        "published_at": f"2025-03-20T{10 + i // 2:02}:{30 * (i % 2):02}:00Z",
        "updated_at": f"2025-03-21T03:{i:02}:00Z"
        if i % 3 == 0
        else f"2025-03-20T{10 + i // 2:02}:{30 * (i % 2) + 5:02}:00Z",
        "body": f"<p>The first word of report {i}.</p><h3>What follows {i}</h3><p>The last word of report {i}.</p>",
        "notes": f"Tomas Weir contributed to report {i}.",
    }
    if i % 4 == 0:
        post["media"] = [
            {
                "type": "image",
                "url": "/demo/quay.svg",
                "alt": f"View {i}",
                "caption": f"What was seen for report {i}.",
                "credit": f"Ilse Brandt {i}/The Harbour Post",
                "width": 1200,
                "height": 675,
            }
        ]
    return post


DAY = [_post(i) for i in range(16)]
# The last of the day, after midnight in New York.
DAY.append(_post(16) | {"published_at": "2025-03-21T04:02:00Z", "updated_at": "2025-03-21T04:05:00Z"})


def assert_all_is_seen(page: Page, order: str) -> None:
    names = [post["id"] for post in DAY]
    assert ids(page) == (names if order == "oldest" else names[::-1])
    head = page.locator("#head")
    for text in ("The day of the high water", BYLINE, "Updated 12:05 a.m. ET, March 21, 2025", "17 posts"):
        assert head.get_by_text(text).is_visible(), text
    assert page.get_by_role("link", name="Newest").is_visible() and page.get_by_role("link", name="Oldest").is_visible()
    for i, post in enumerate(DAY):
        article = page.locator(f"#post-{post['id']}")
        shown = article.inner_text()
        for text in (
            post["title"],
            post["byline"],
            f"The first word of report {i}.",
            f"What follows {i}",
            f"The last word of report {i}.",
            post["notes"],
            *(item[part] for item in post.get("media", ()) for part in ("caption", "credit")),
        ):
            assert text in shown, (text, shown)
        if i % 3 == 0 and i < 16:
            assert f"11:{i:02} p.m. ET, March 20, 2025" in shown  # the last update is what it shows
        if "media" in post:
            picture = article.locator("img")
            picture.scroll_into_view_if_needed()
            page.wait_for_function("id => document.querySelector(`#${id} img`).naturalWidth", arg=f"post-{post['id']}")
            assert picture.get_attribute("alt") == f"View {i}"


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_day_is_seen_whole_as_it_comes_and_afterwards(
    server: Server, editor: EditorClient, page: Page, browser: Browser, order: str
) -> None:
    editor.blog(id="day", title="The day of the high water", timezone="America/New_York", byline=BYLINE)
    address = f"{server.url}/blogs/day?order={order}"
    page.goto(address)
    wait_until_live(page)
    cursor = ""
    for post in random.Random(17).sample(DAY, len(DAY)):
        cursor = editor.post("day", **post)["cursor"]
    wait_until_at(page, cursor)
    take_what_waits(page)
    assert content(page) == fresh(browser, address)
    assert_all_is_seen(page, order)
    page.reload()
    wait_until_live(page)
    assert_all_is_seen(page, order)
