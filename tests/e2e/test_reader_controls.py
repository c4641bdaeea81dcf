"""What a reader does by click, key and choice, and what of it is kept."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .live_page import ids, wait_until_at, wait_until_live
from .sample_posts import POSTS
from .server import EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

SHARES = """window.shared = [];
Object.defineProperty(navigator, "share", { value: (what) => { window.shared.push(what); return window.answer?.() ??
  Promise.resolve(); }, configurable: true });"""
NO_SHARES = "Object.defineProperty(navigator, 'share', { value: undefined });"


@pytest.fixture
def address(server: Server, editor: EditorClient) -> str:
    editor.blog(id="petrel", title="The night of the Petrel")
    for post in POSTS:
        editor.post("petrel", **post)
    return f"{server.url}/blogs/petrel"


def test_copying_a_link_puts_the_permalink_on_the_clipboard_and_says_so(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address)
    wait_until_live(page)
    button = page.locator("#post-filed-late [data-act=copy]")
    button.click()
    page.wait_for_function("() => document.querySelector('#announce').textContent === 'Link copied'")
    assert button.inner_text() == "Link copied"
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}/posts/filed-late"
    page.locator("#post-filed-late").get_by_text("Copy link", exact=True).wait_for()
    assert page.url == address
    context.close()


def test_sharing_offers_the_post_to_the_device(address: str, page: Page) -> None:
    page.add_init_script(SHARES)
    page.goto(address)
    wait_until_live(page)
    page.locator("#post-filed-late [data-act=share]").click()
    page.wait_for_function("() => window.shared.length")
    expected = [{"title": "Two boats turn back", "url": f"{address}/posts/filed-late"}]
    assert page.evaluate("window.shared") == expected
    # A reader who thinks better of it is no error (the fixture fails on one); a post without a headline has the blog's.
    page.evaluate("() => { window.answer = () => Promise.reject(new DOMException('', 'AbortError')); }")
    page.locator("#post-one-line [data-act=share]").click()
    page.wait_for_function("() => window.shared.length === 2")
    assert page.evaluate("window.shared[1].title") == "The night of the Petrel"
    assert page.url == address


def test_where_nothing_can_be_shared_the_link_is_copied(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.add_init_script(NO_SHARES)
    page = context.new_page()
    page.goto(address)
    wait_until_live(page)
    page.locator("#post-one-line [data-act=share]").click()
    page.wait_for_function("() => document.querySelector('#announce').textContent === 'Link copied'")
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}/posts/one-line"
    context.close()


def test_without_javascript_share_and_copy_are_links_to_the_post(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.locator("#post-filed-late [data-act=share]").click()
    assert page.url.endswith("#post-filed-late")
    context.close()


def test_relative_times_are_kept_and_go_on_as_time_does(address: str, editor: EditorClient, page: Page) -> None:
    page.clock.install(time="2025-03-09T09:00:00Z")
    page.goto(address)
    wait_until_live(page)
    page.locator("#zone").select_option("relative")
    first = page.locator("#post-first-light .permalink time")
    page.wait_for_function("() => document.querySelector('#post-first-light .permalink time').title")
    assert first.inner_text() == "2 hours ago"
    assert first.get_attribute("title")  # as the server wrote it
    page.clock.fast_forward("01:01:00")
    page.wait_for_function(
        "() => document.querySelector('#post-first-light .permalink time').textContent === '3 hours ago'"
    )
    page.reload()
    page.wait_for_function(
        "() => document.querySelector('#post-first-light .permalink time').textContent === '3 hours ago'"
    )
    assert page.locator("#zone").input_value() == "relative"


@pytest.mark.parametrize(
    ("choice", "told"),
    [("", ["1 new", "1 new", "1 corrected"]), ("key", ["", "1 new", "1 new"]), ("off", ["", "", ""])],
    ids=["all", "key events", "off"],
)
def test_what_is_announced_is_chosen_and_kept(
    address: str, editor: EditorClient, page: Page, choice: str, told: list[str]
) -> None:
    page.goto(address)
    wait_until_live(page)
    page.locator("#announcing").select_option(choice)
    page.wait_for_function("choice => localStorage.announce === choice", arg=choice)
    page.reload()
    wait_until_live(page)
    assert page.locator("#announcing").input_value() == choice
    changes: list[Any] = [
        lambda: editor.post("petrel", id="plain", title="Plain", published_at="2025-03-09T10:00:00Z"),
        lambda: editor.post("petrel", id="event", title="Event", published_at="2025-03-09T10:01:00Z", key=True),
        lambda: editor.edit("petrel", "plain", correction="It was not."),
    ]
    for change, said in zip(changes, told, strict=True):
        wait_until_at(page, change()["cursor"])
        assert page.locator("#announce").inner_text() == said
    assert ids(page)[:2] == ["event", "plain"]


def test_keys_go_from_post_to_post_and_leave_shortcuts_alone(address: str, page: Page) -> None:
    page.goto(address)
    wait_until_live(page)
    here = "() => document.activeElement.id"
    page.keyboard.press("Control+j")
    page.keyboard.press("Alt+k")
    page.keyboard.press("j")
    page.wait_for_function("() => document.activeElement.id === 'post-one-line'")
    page.keyboard.press("k")
    assert page.evaluate(here) == "post-one-line"  # there is none before the first
    for _ in range(3):
        page.keyboard.press("j")
    page.wait_for_function("() => document.activeElement.id === 'post-first-light'")
    assert page.locator("#post-first-light").evaluate("e => Math.abs(e.getBoundingClientRect().top) < innerHeight")
