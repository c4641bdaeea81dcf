"""How little a page loads, seen from the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response

from .live_page import wait_until_at, wait_until_live
from .server import EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]


def test_all_scripts_that_a_page_loads_by_itself_are_small(server: Server, editor: EditorClient, page: Page) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.post("petrel", title="First")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    wait_until_at(page, cursor)
    page.wait_for_load_state("networkidle")
    assert all(answer.url.startswith(server.url) for answer in answers)
    scripts = {answer.url.rpartition("/")[2]: answer for answer in answers if answer.url.endswith(".js")}
    # As they came over the wire, compressed, and without the headers.
    sizes = {name: answer.request.sizes()["responseBodySize"] for name, answer in scripts.items()}
    assert sizes.keys() == {"main.js", "live.js"}
    assert 4_000 < sum(sizes.values()) <= 8_000, sizes
    assert all(answer.headers["content-encoding"] == "gzip" for answer in scripts.values())
