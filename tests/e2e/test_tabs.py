"""Several tabs of one blog: one connection, whoever holds it, and nobody misses anything when it changes hands."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from waiting import until

from .live_page import content, fresh, take_what_waits, wait_until_at, wait_until_live
from .server import CuttableProxy, EditorClient, Server
from .tabs import open_tabs, sockets

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def address(server: Server, editor: EditorClient) -> str:
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(5):
        editor.post("petrel", id=f"p{i}", title=f"Post {i}", published_at=f"2025-03-09T08:0{i}:00Z")
    return f"{server.url}/blogs/petrel"


def assert_all_equal(tabs: list[Page], cursor: str, browser: Browser, address: str) -> None:
    """Every tab is, once it is there, what a fresh load shows."""
    expected = fresh(browser, address)
    for tab in tabs:
        wait_until_at(tab, cursor)
        take_what_waits(tab)
        assert content(tab) == expected


def test_three_tabs_share_one_socket(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    tabs = open_tabs(context, address)
    assert sockets(server) == 1
    cursor = ""
    for i in range(10):
        cursor = editor.post("petrel", id=f"new-{i}", title=f"News {i}")["cursor"]
    editor.edit("petrel", "p3", title="Edited", correction="It was three.")
    editor.delete("petrel", "p2")
    cursor = editor.change_blog("petrel", title="The Petrel holds")["cursor"]
    assert_all_equal(tabs, cursor, browser, address)
    assert sockets(server) == 1


def test_a_tab_that_comes_later_is_live_at_once_and_lacks_nothing(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    [first] = open_tabs(context, address, 1)
    # Its page is older than what the first tab was told: from a cache, say.
    old = httpx2.get(address).text
    editor.change_blog("petrel", title="The Petrel holds")
    editor.delete("petrel", "p1")
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    wait_until_at(first, cursor)
    late = context.new_page()
    late.route(address, lambda route: route.fulfill(body=old, content_type="text/html"))
    late.goto(address)
    wait_until_live(late)
    assert_all_equal([first, late], cursor, browser, address)
    assert sockets(server) == 1


def test_the_connection_passes_on_when_its_tab_is_closed(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    first, *others = open_tabs(context, address)
    first.close()
    cursor = ""
    for i in range(5):
        cursor = editor.post("petrel", id=f"new-{i}", title=f"News {i}")["cursor"]
    assert_all_equal(others, cursor, browser, address)
    assert all(tab.locator("[data-mark]").count() == 0 for tab in others)  # they never were away
    until(lambda: sockets(server) == 1, "one socket is left")


def test_it_is_taken_from_a_tab_that_gives_no_sign_of_life(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    [first] = open_tabs(context, address, 1)
    # A tab that was suspended without being told: it holds the lock, and is deaf.
    first.evaluate("() => { BroadcastChannel.prototype.postMessage = () => {}; }")
    second, third = open_tabs(context, address, 2)
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    assert_all_equal([second, third], cursor, browser, address)


def test_all_tabs_say_that_the_connection_is_lost_and_come_back_by_one(
    address: str, server: Server, editor: EditorClient, proxy: CuttableProxy, context: BrowserContext, browser: Browser
) -> None:
    through = address.replace(server.url, proxy.url)
    tabs = open_tabs(context, through)
    proxy.cut()
    for tab in tabs:
        tab.wait_for_selector("#connection[data-phase=reconnecting]")
    cursor = ""
    for i in range(5):
        cursor = editor.post("petrel", id=f"new-{i}", title=f"News {i}")["cursor"]
    proxy.mend()
    assert_all_equal(tabs, cursor, browser, through)
    for tab in tabs:
        wait_until_live(tab)
    until(lambda: sockets(server) == 1, "one socket is left")


def test_a_blog_that_ends_lets_all_tabs_go(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    tabs = open_tabs(context, address)
    cursor = editor.change_blog("petrel", status="ended")["cursor"]
    for tab in tabs:
        tab.wait_for_selector("#connection[data-phase=ended]")
    assert_all_equal(tabs, cursor, browser, address)
    until(lambda: sockets(server) == 0, "no socket is left")


def test_a_blog_that_is_deleted_is_gone_in_all_tabs(
    address: str, server: Server, editor: EditorClient, context: BrowserContext
) -> None:
    tabs = open_tabs(context, address)
    editor.delete_blog("petrel")
    for tab in tabs:
        tab.wait_for_selector("#connection[data-phase=gone]")


def test_after_a_restart_all_tabs_come_back_by_one(
    address: str, server: Server, editor: EditorClient, context: BrowserContext, browser: Browser
) -> None:
    tabs = open_tabs(context, address)
    server.stop()
    for tab in tabs:
        tab.wait_for_selector("#connection[data-phase=reconnecting]")
    server.start()
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    assert_all_equal(tabs, cursor, browser, address)
    until(lambda: sockets(server) == 1, "one socket is left")
