"""Behind proxies that keep sockets back: the same page, by events or by polling, and by a socket again when one can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from waiting import until

from .filtering_proxy import FilteringProxy
from .live_page import content, fresh, take_what_waits, wait_until_at, wait_until_live
from .server import EditorClient, Server, running
from .tabs import open_tabs, sockets

pytestmark = [pytest.mark.browser, pytest.mark.server]

MakeProxy = Callable[..., FilteringProxy]


@pytest.fixture
def server(short_folder: Path) -> Iterator[Server]:
    """Its heartbeats are quick: where a minute is made short for the page, it must not take the events for dead."""
    with running(short_folder, heartbeat="1") as server:
        yield server


@pytest.fixture
def make_proxy(server: Server, editor: EditorClient) -> Iterator[MakeProxy]:
    """Makes proxies to a server with a blog of five posts."""
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(5):
        editor.post("petrel", id=f"p{i}", title=f"Post {i}", published_at=f"2025-03-09T08:0{i}:00Z")
    proxies: list[FilteringProxy] = []

    def make(**keeps: Any) -> FilteringProxy:
        proxies.append(FilteringProxy(server.url, **keeps))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()


def changes(editor: EditorClient) -> str:
    """Some of each kind; the last one's cursor."""
    editor.post("petrel", title="News")
    editor.edit("petrel", "p3", title="Edited", correction="It was three.", key=True)
    editor.change_blog("petrel", title="The Petrel holds")
    return str(editor.delete("petrel", editor.post("petrel", title="Too soon")["post"]["id"])["cursor"])


def assert_current(page: Page, cursor: str, browser: Browser, server: Server) -> None:
    wait_until_at(page, cursor)
    wait_until_live(page)
    take_what_waits(page)
    seen = [part.replace(page.url.partition("/blogs")[0], server.url) for part in content(page)]
    assert seen == fresh(browser, f"{server.url}/blogs/petrel")


@pytest.mark.parametrize("how", ["refuses", "swallows"])
def test_a_page_whose_sockets_are_kept_back_is_live_by_events_and_later_by_a_socket(
    server: Server, editor: EditorClient, make_proxy: MakeProxy, page: Page, browser: Browser, how: str
) -> None:
    proxy = make_proxy(socket=how)
    missed = editor.post("petrel", title="While it looked for a way")["cursor"]
    page.goto(f"{proxy.url}/blogs/petrel")
    assert_current(page, missed, browser, server)
    until(lambda: "events" in proxy.asked, "it asks for events")
    assert_current(page, changes(editor), browser, server)
    # The socket that it tries beside the events may have reached the server, and is given up after ten seconds.
    until(lambda: sockets(server) == 0, "no socket is left")

    proxy.keeps = {}
    page.evaluate("dispatchEvent(new Event('online'))")
    until(lambda: sockets(server) == 1, "it is back at a socket")
    assert_current(page, changes(editor), browser, server)


def test_a_page_whose_network_came_back_between_two_looks_is_soon_at_a_socket_again(
    server: Server, editor: EditorClient, make_proxy: MakeProxy, page: Page, browser: Browser
) -> None:
    proxy = make_proxy(socket="refuses")
    page.goto(f"{proxy.url}/blogs/petrel")
    # Sockets failed a moment ago, plain HTTP gets through by now: it takes events, though nothing keeps sockets back.
    until(lambda: "events" in proxy.asked, "it asks for events")
    proxy.keeps = {}
    until(lambda: sockets(server) == 1, "it is back at a socket, long before a minute is over")
    assert_current(page, changes(editor), browser, server)


def test_a_socket_that_gets_through_again_takes_over_by_itself(
    server: Server, editor: EditorClient, make_proxy: MakeProxy, page: Page, browser: Browser
) -> None:
    proxy = make_proxy(socket="refuses")
    # The minute between two tries takes six seconds here.
    page.add_init_script("{ const r = setTimeout; window.setTimeout = (act, ms) => r(act, ms > 3e4 ? ms / 10 : ms); }")
    page.goto(f"{proxy.url}/blogs/petrel")
    until(lambda: "events" in proxy.asked, "it asks for events")
    assert_current(page, changes(editor), browser, server)
    until(lambda: proxy.asked.count("socket") >= 4, "it tries sockets again, and goes on without", patience=60)
    assert_current(page, changes(editor), browser, server)
    proxy.keeps = {}
    until(lambda: sockets(server) == 1, "it is back at a socket", patience=60)
    assert_current(page, changes(editor), browser, server)


@pytest.mark.parametrize("how", ["refuses", "swallows"])
def test_where_events_are_kept_back_too_it_polls(
    server: Server, editor: EditorClient, make_proxy: MakeProxy, page: Page, browser: Browser, how: str
) -> None:
    proxy = make_proxy(socket="refuses", events=how)
    page.goto(f"{proxy.url}/blogs/petrel")
    until(lambda: proxy.asked.count("changes") >= 3, "it polls", patience=40)
    assert_current(page, changes(editor), browser, server)
    assert_current(page, changes(editor), browser, server)
    cursor = editor.change_blog("petrel", status="ended")["cursor"]
    wait_until_at(page, cursor)
    page.wait_for_selector("#connection[data-phase=ended]")


def test_tabs_share_the_events_as_they_would_a_socket(
    server: Server, editor: EditorClient, make_proxy: MakeProxy, browser: Browser
) -> None:
    proxy = make_proxy(socket="refuses")
    context = browser.new_context()
    tabs = open_tabs(context, f"{proxy.url}/blogs/petrel")
    assert proxy.asked.count("events") == 1
    cursor = changes(editor)
    for tab in tabs:
        assert_current(tab, cursor, browser, server)
    context.close()
