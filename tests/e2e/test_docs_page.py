"""`/docs` in a browser: a reader searches, reads and tries an operation, and nothing is loaded from elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .axe import axe
from .server import TOKEN, EditorClient, Server, running

pytestmark = pytest.mark.browser

PUBLISH = "Publish a post, schedule it, or save a draft"
PATIENCE = 20_000  # milliseconds; the page builds itself from two long documents


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all tests here: only one of them writes."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder, running(Path(folder)) as server:
        yield server


def opened(page: Page, server: Server, fragment: str = "") -> Page:
    page.goto(f"{server.url}/docs{fragment}")
    page.get_by_role("heading", level=1).first.wait_for()
    return page


def found(page: Page, words: str) -> Locator:
    """What the search finds first."""
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Enter search query").fill(words)
    return page.get_by_role("option").first


def test_search_finds_an_operation(page: Page, server: Server) -> None:
    first = found(opened(page, server), "publish a post")
    expect(first).to_contain_text(PUBLISH, timeout=PATIENCE)
    first.click()
    expect(page.get_by_role("heading", name=PUBLISH)).to_be_in_viewport(timeout=PATIENCE)


def test_an_operation_can_be_tried_with_a_pasted_token(page: Page, server: Server, editor: EditorClient) -> None:
    editor.blog(id="demo", title="The sea gate closes")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    found(opened(page, server), "publish a post").click()
    page.get_by_role("button", name="Test Request (post /v1/blogs/{blog}/posts)", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("Token").fill(TOKEN)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        dialog.get_by_role("button", name="Send", exact=False).first.click()
    assert answer.value.status == 201
    # The example in the document is what was sent.
    assert editor.get("/v1/blogs/demo/posts/high-water")["title"] == "High water at Customs Quay: 2.71 metres"
    elsewhere = [url for url in asked if not url.startswith((f"{server.url}/", "data:", "blob:"))]
    assert elsewhere == []


def test_the_reference_of_messages_can_be_reached(page: Page, server: Server) -> None:
    opened(page, server)
    page.get_by_role("button", name="HTTP API").first.click()
    page.get_by_role("option", name="Messages to readers").or_(
        page.get_by_role("menuitem", name="Messages to readers")
    ).first.click()
    expect(page.get_by_role("heading", name="Stop Press: following a blog")).to_be_visible(timeout=PATIENCE)


def test_without_scripts_the_page_leads_to_the_documents(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/docs")
    expect(page.get_by_role("link", name="openapi.json")).to_be_visible()
    expect(page.get_by_role("link", name="asyncapi.json")).to_be_visible()
    context.close()


# Each width and each scheme, in half of the combinations: axe takes seconds on a page of this size.
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light"), (1920, "dark")])
def test_the_page_is_accessible_and_fits(
    page: Page, server: Server, width: int, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    opened(page, server, "#http/tag/posts/POST/v1/blogs/{blog}/posts")
    expect(page.get_by_role("heading", name=PUBLISH)).to_be_in_viewport(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe(page) == []


def test_search_and_dialog_are_accessible(page: Page, server: Server) -> None:
    first = found(opened(page, server), "publish a post")
    expect(first).to_contain_text(PUBLISH, timeout=PATIENCE)
    assert axe(page) == []
    first.click()
    page.get_by_role("button", name="Test Request (post /v1/blogs/{blog}/posts)", exact=True).click()
    page.get_by_role("dialog").get_by_placeholder("Token").wait_for()
    # The dialog is modal and has a `main` of its own.
    faults = axe(page, within='[role="dialog"]')
    assert [fault for fault in faults if not fault.startswith("landmark-no-duplicate-main:")] == []


def test_the_messages_are_accessible(page: Page, server: Server) -> None:
    opened(page, server, "#messages")
    expect(page.get_by_role("heading", name="Stop Press: following a blog")).to_be_visible(timeout=PATIENCE)
    assert axe(page) == []
