"""The whole path: published over HTTP, through the stream, onto an open page, which equals a fresh load."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .live_page import content, fresh, ids, wait_until_at, wait_until_live
from .sample_posts import POSTS
from .server import CuttableProxy, EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]


def open_blog(editor: EditorClient, page: Page, url: str, **fields: Any) -> str:
    """A new blog of the night, open in the tab; its address."""
    about = {
        "id": "petrel",
        "title": "The night of the Petrel",
        "timezone": "America/New_York",
        "byline": "By our staff",
    }
    editor.blog(**(about | fields))
    address = f"{url}/blogs/petrel"
    page.goto(address)
    wait_until_live(page)
    return address


def test_posts_arrive_in_their_places_with_all_their_parts(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    address = open_blog(editor, page, server.url)
    assert page.get_by_text("No posts yet").is_visible()
    for post in POSTS:
        cursor = editor.post("petrel", **post)["cursor"]
    wait_until_at(page, cursor)

    assert ids(page) == ["one-line", "filed-late", "first-light"]
    first = page.locator("#post-first-light")
    for text in (
        'The keepers\' "long watch" begins',
        "From Odile Marsh aboard the Petrel",
        "1:59 a.m. ET, March 9, 2025",
        "The quay, an hour before the lamp was lit.",
        "(Ilse Brandt/The Harbour Post)",
        "We have oil for nine days.",
        "Tomas Weir contributed reporting.",
        "Why the Petrel still burns oil",
    ):
        assert first.get_by_text(text, exact=False).first.is_visible(), text
    late = page.locator("#post-filed-late")
    assert late.get_by_text("5:30 a.m. ET, March 9, 2025").is_visible()  # its last update is what it shows
    assert late.get_by_text("3:00 a.m. ET, March 9, 2025").is_visible()  # its first publication is where it stands
    assert page.get_by_text("3 posts").is_visible()
    assert page.get_by_text("Updated 5:30 a.m. ET, March 9, 2025").is_visible()
    assert content(page) == fresh(browser, address)


def test_edits_deletions_and_moves_reach_the_open_page(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    address = open_blog(editor, page, server.url)
    for post in POSTS:
        editor.post("petrel", **post)
    editor.edit(
        "petrel", "one-line", title="Force eight", body="<p>Wind now force eight.</p>", correction="It was seven."
    )
    editor.delete("petrel", "first-light")
    cursor = editor.edit("petrel", "filed-late", published_at="2025-03-09T06:00:00Z")["cursor"]
    wait_until_at(page, cursor)
    assert ids(page) == ["one-line", "filed-late"]
    assert page.get_by_text("It was seven.").is_visible()
    assert page.get_by_text("2 posts").is_visible()
    assert content(page) == fresh(browser, address)

    cursor = editor.edit("petrel", "first-light", status="published")["cursor"]
    wait_until_at(page, cursor)
    # Back, in its place by first publication.
    assert ids(page) == ["one-line", "first-light", "filed-late"]
    assert content(page) == fresh(browser, address)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_page_cut_off_during_fifty_changes_equals_a_fresh_load(
    server: Server, editor: EditorClient, proxy: CuttableProxy, page: Page, browser: Browser, order: str
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(12):
        editor.post("petrel", id=f"before-{i:02}", title=f"Before {i}", published_at=f"2025-03-09T08:{i:02}:00Z")
    page.goto(f"{proxy.url}/blogs/petrel?order={order}")
    wait_until_live(page)
    proxy.cut()
    page.wait_for_selector("#connection[data-phase=reconnecting]")
    for i in range(50):
        match i % 5:
            case 0 | 1:
                cursor = editor.post("petrel", id=f"during-{i:02}", title=f"During {i}")["cursor"]
            case 2:
                cursor = editor.edit("petrel", f"before-{i % 12:02}", title=f"Edited {i}", status="published")["cursor"]
            case 3:
                cursor = editor.delete("petrel", f"during-{i - 2:02}")["cursor"]
            case _:
                cursor = editor.edit("petrel", f"during-{i - 4:02}", published_at=f"2025-03-09T07:{i:02}:00Z")["cursor"]
    assert cursor.endswith(f".{1 + 12 + 50}")
    proxy.mend()
    wait_until_at(page, cursor)
    if order == "oldest":  # the reader is at the top, and the news at the other end
        page.locator("#news").click()
    shown = ids(page)
    assert len(shown) == len(set(shown)) == editor.get("/v1/blogs/petrel")["posts"]
    assert content(page) == fresh(browser, f"{server.url}/blogs/petrel?order={order}".replace(server.url, proxy.url))


def test_the_page_comes_back_after_the_server_was_killed(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    address = open_blog(editor, page, server.url)
    editor.post("petrel", **POSTS[0])
    server.kill()
    page.wait_for_selector("#connection[data-phase=reconnecting]")
    server.start()
    cursor = editor.post("petrel", **POSTS[1])["cursor"]
    wait_until_at(page, cursor)
    wait_until_live(page)
    assert content(page) == fresh(browser, address)


def test_headline_and_status_follow_and_an_ended_blog_lets_go(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    address = open_blog(editor, page, server.url)
    cursor = editor.change_blog("petrel", title="The Petrel holds", description="A calmer morning.")["cursor"]
    wait_until_at(page, cursor)
    assert page.title() == "The Petrel holds"
    assert page.get_by_text("A calmer morning.").is_visible()
    cursor = editor.change_blog("petrel", status="ended")["cursor"]
    wait_until_at(page, cursor)
    page.wait_for_selector("#connection[data-phase=ended]")
    assert content(page) == fresh(browser, address)
    assert editor.get("/v1/blogs/petrel/stats")["readers"] == 0


def test_another_time_zone_shows_on_every_post_at_once(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    address = open_blog(editor, page, server.url)
    editor.post("petrel", **POSTS[1])
    cursor = editor.change_blog("petrel", timezone="Europe/Berlin")["cursor"]
    wait_until_at(page, cursor)
    page.get_by_text("8:01 a.m.").first.wait_for()
    assert content(page) == fresh(browser, address)


def test_a_blog_made_anew_replaces_the_old_one_on_the_open_page(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    address = open_blog(editor, page, server.url)
    editor.post("petrel", **POSTS[0])
    editor.delete_blog("petrel")
    editor.blog(id="petrel", title="Another night")
    cursor = editor.post("petrel", **POSTS[1])["cursor"]
    page.reload()
    wait_until_at(page, cursor)
    assert content(page) == fresh(browser, address)


def test_the_page_reads_well_without_javascript(server: Server, editor: EditorClient, browser: Browser) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for post in POSTS:
        editor.post("petrel", **post)
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{server.url}/blogs/petrel")
    assert tab.get_by_role("heading", name="The night of the Petrel").is_visible()
    assert tab.locator("article.post").count() == 3
    tab.get_by_role("link", name="Oldest").click()
    assert tab.locator("article.post").first.get_attribute("id") == "post-first-light"
    context.close()


def test_a_long_blog_is_read_page_by_page_and_a_permalink_opens_its_page(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(130):
        editor.post("petrel", id=f"p{i:03}", title=f"Post {i}", published_at=f"2025-03-09T{i // 60:02}:{i % 60:02}:00Z")
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    seen = ids(page)
    assert len(seen) == 80
    # A change on another page leaves this one alone, but for the counts.
    cursor = editor.edit("petrel", "p010", title="Changed")["cursor"]
    wait_until_at(page, cursor)
    assert ids(page) == seen
    page.get_by_role("link", name="Older posts").click()
    page.wait_for_url("**/petrel?page=1")
    seen += ids(page)
    assert seen == [f"p{i:03}" for i in reversed(range(130))]
    page.goto(f"{server.url}/blogs/petrel/posts/p010")
    assert page.url.endswith("/blogs/petrel?page=1#post-p010")
    assert page.locator("#post-p010").get_by_role("heading", name="Changed").is_visible()


def test_on_paper_it_is_text_alone_and_says_where_links_lead(server: Server, editor: EditorClient, page: Page) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for post in POSTS:
        editor.post("petrel", **post)
    link = "https://harbour.example/tides"
    editor.post("petrel", id="link", body=f'<p>The <a href="{link}">tides</a> tonight.</p>')
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    page.emulate_media(media="print")
    for gone in (".tools", "#connection", ".share", "#settings", "#news", ".pages"):
        assert not any(part.is_visible() for part in page.locator(gone).all()), gone
    for kept in ("h1", "#dateline", "#post-first-light figcaption", "#post-first-light .body", "#post-link .body"):
        assert page.locator(kept).is_visible(), kept
    after = "a => getComputedStyle(a, '::after').content.replaceAll('\"', '')"
    assert link in page.locator("#post-link .body a").evaluate(after)
    for part in ("h2", "figure"):
        assert page.locator(f"#posts {part}").first.evaluate("e => getComputedStyle(e).breakInside") == "avoid"
