"""Real servers and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .server import CuttableProxy, EditorClient, Server, running

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def server(short_folder: Path, store_binary: str | None) -> Iterator[Server]:
    """A server of the test's own."""
    with running(short_folder, **({"store_binary": store_binary} if store_binary else {})) as server:
        yield server


@pytest.fixture
def editor(server: Server) -> Iterator[EditorClient]:
    with closing(EditorClient(server.url)) as editor:
        yield editor


@pytest.fixture
def proxy(server: Server) -> Iterator[CuttableProxy]:
    """A proxy to the server that the test can cut."""
    proxy = CuttableProxy(server.url)
    yield proxy
    proxy.close()


# For one file at a time: Playwright's loop runs in this thread until it is stopped, and no other one can meanwhile.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab. A script's error, a console's error or a refused load fails the test."""
    context = browser.new_context()
    tab = context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield tab
    context.close()
    assert faults == []
