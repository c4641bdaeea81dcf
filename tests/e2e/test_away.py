"""Gone for a while, and back: by the browser's back button, out of a frozen tab, after the blog has ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from waiting import until

from .conftest import CHROMIUM, FLAGS
from .live_page import CONTENT, content, fresh, wait_until_at, wait_until_live
from .server import CuttableProxy, EditorClient, Server
from .tabs import open_tabs, sockets
from .window import Tab, Window

pytestmark = [pytest.mark.browser, pytest.mark.server]

NOTE_RETURNS = "addEventListener('pageshow', ({ persisted }) => { window.returned = persisted; })"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with its back/forward cache, which Playwright turns off."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.add_init_script(NOTE_RETURNS)
    yield context
    context.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    window = Window(browser)
    yield window
    window.close()


@pytest.fixture
def address(server: Server, editor: EditorClient) -> str:
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.blog(id="elsewhere", title="Elsewhere")
    for i in range(5):
        editor.post("petrel", id=f"p{i}", title=f"Post {i}", published_at=f"2025-03-09T08:0{i}:00Z")
    return f"{server.url}/blogs/petrel"


LIVE = "document.querySelector('#connection')?.dataset.phase === 'live'"


def at(cursor: str) -> str:
    return f"document.querySelector('main').dataset.cursor === '{cursor}'"


def open_live(window: Window, address: str) -> Tab:
    tab = window.open(address)
    tab.wait_until(LIVE)
    return tab


def test_the_frozen_tab_of_three_passes_the_connection_on_and_catches_up_when_it_thaws(
    address: str, server: Server, editor: EditorClient, window: Window, browser: Browser
) -> None:
    first, second, third = [open_live(window, address) for _ in range(3)]
    assert sockets(server) == 1
    first.evaluate("document.addEventListener('freeze', () => { window.frozen = true; })")
    # What comes within two seconds of the connection is not yet "since you left" (CATCHING_UP in placement.js).
    first.wait_until("performance.now() > 4_000")
    first.freeze()
    editor.edit("petrel", "p3", title="Edited")
    for i in range(3):
        cursor = editor.post("petrel", id=f"new-{i}", title=f"News {i}")["cursor"]
    for tab in (third, second):
        tab.wait_until(at(cursor))
    until(lambda: sockets(server) == 1, "one socket is left")
    # Hidden, the second tab counts in its title what its reader has not seen.
    assert second.evaluate("document.title") == "(3) The night of the Petrel"

    first.thaw()
    assert first.evaluate("window.frozen")
    first.show()
    first.wait_until(at(cursor))
    first.wait_until(LIVE)
    # Three new ones, and the edit.
    assert first.evaluate("document.querySelectorAll(\"#posts [data-mark='Since you left']\").length") == 4
    second.show()
    expected = fresh(browser, address)
    for tab in (first, second, third):
        tab.show()
        tab.wait_until("document.querySelector('#news').hidden")
        assert tab.evaluate(f"({CONTENT})()") == expected
    assert sockets(server) == 1


def test_what_came_while_away_is_marked_until_the_reader_leaves_again(
    address: str, editor: EditorClient, window: Window
) -> None:
    tab = open_live(window, address)
    other = window.open("about:blank")
    tab.wait_until("document.hidden")
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    tab.wait_until(at(cursor))
    tab.show()
    marked = "document.querySelectorAll('[data-mark]').length"
    tab.wait_until(f"{marked} === 1")
    other.show()
    tab.wait_until("document.hidden")
    assert tab.evaluate(marked) == 0


def test_back_from_another_page_it_is_the_same_page_caught_up(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    [tab] = open_tabs(context, address, 1)
    tab.evaluate("window.same = true")
    tab.goto(address.replace("petrel", "elsewhere"))
    wait_until_live(tab)
    until(lambda: editor.get("/v1/blogs/petrel/stats")["readers"] == 0, "the page has let go")
    editor.edit("petrel", "p3", title="Edited")
    editor.delete("petrel", "p2")
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    tab.go_back(wait_until="commit")
    assert tab.evaluate("[window.same, window.returned]") == [True, True]  # out of the cache, not loaded anew
    wait_until_at(tab, cursor)
    wait_until_live(tab)
    assert tab.locator("#post-new").get_attribute("data-mark") == "Since you left"
    assert content(tab) == fresh(browser, address)


def test_a_tab_in_the_cache_passes_the_connection_on_and_listens_when_it_is_back(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    first, second = open_tabs(context, address, 2)
    for leaver, other in ((first, second), (second, first)):
        leaver.goto(address.replace("petrel", "elsewhere"))
        cursor = editor.post("petrel", title="News")["cursor"]
        wait_until_at(other, cursor)
        leaver.go_back(wait_until="commit")
        assert leaver.evaluate("window.returned") is True
        wait_until_at(leaver, cursor)
        wait_until_live(leaver)
        assert content(leaver) == content(other) == fresh(browser, address)
        until(lambda: sockets(server) == 1, "one socket is left")


def test_what_comes_to_a_reader_who_was_there_is_not_marked(
    address: str, editor: EditorClient, context: BrowserContext
) -> None:
    [tab] = open_tabs(context, address, 1)
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    wait_until_at(tab, cursor)
    assert tab.locator("[data-mark]").count() == 0


def test_a_page_that_was_away_when_the_blog_ended_says_so_and_stays_away(
    address: str, server: Server, editor: EditorClient, proxy: CuttableProxy, context: BrowserContext, browser: Browser
) -> None:
    through = address.replace(server.url, proxy.url)
    [tab] = open_tabs(context, through, 1)
    said = tab.locator("#connection")
    assert said.inner_text() == "Live"
    proxy.cut()
    tab.wait_for_selector("#connection[data-phase=reconnecting]")
    assert said.inner_text().startswith("Reconnecting, current as of ")
    editor.post("petrel", id="last", title="The last one")
    cursor = editor.change_blog("petrel", status="ended")["cursor"]
    proxy.mend()
    tab.wait_for_selector("#connection[data-phase=ended]")
    wait_until_at(tab, cursor)
    assert content(tab) == fresh(browser, through)
    until(lambda: sockets(server) == 0, "it has let go")
    tab.evaluate("dispatchEvent(new Event('online'))")
    assert tab.locator("#connection[data-phase=ended]").count() == 1
