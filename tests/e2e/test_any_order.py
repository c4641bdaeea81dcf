"""A law: after any changes, in any order and filter, the open page is what a fresh load shows."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Browser, Page

from .live_page import content, fresh, ids, take_what_waits, wait_until_at, wait_until_live
from .server import EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

VIEWS = ["", "?order=oldest", "?key=true", "?tag=wind", "?tag=wind&order=oldest"]
ROUNDS = 3
CHANGES = 12


@pytest.mark.parametrize("seed", [1, 2])
def test_any_changes_leave_the_page_as_a_fresh_load(
    server: Server, editor: EditorClient, browser: Browser, seed: int
) -> None:
    chance = random.Random(seed)
    editor.blog(id="petrel", title="The night of the Petrel")
    context = browser.new_context()
    tabs: list[tuple[str, Page]] = []
    for view in VIEWS:
        tab = context.new_page()
        tab.goto(f"{server.url}/blogs/petrel{view}")
        wait_until_live(tab)
        tabs.append((view, tab))
    known: list[str] = []
    cursor = ""
    for _ in range(ROUNDS):
        for _ in range(CHANGES):
            fields = {
                "title": f"Post {chance.random()}",
                "key": chance.random() < 0.4,
                "pinned": chance.random() < 0.2,
                "tags": ["wind"] if chance.random() < 0.4 else [],
                "published_at": f"2025-03-09T08:{chance.randrange(60):02}:00Z",
            }
            if known and chance.random() < 0.6:
                post = chance.choice(known)
                if chance.random() < 0.3:
                    known.remove(post)
                    cursor = editor.delete("petrel", post)["cursor"]
                else:
                    if chance.random() < 0.3:
                        fields["correction"] = f"It was {chance.random()}."
                    cursor = editor.edit("petrel", post, **fields)["cursor"]
            else:
                answer = editor.post("petrel", **fields)
                known.append(answer["post"]["id"])
                cursor = answer["cursor"]
        for view, tab in tabs:
            wait_until_at(tab, cursor)
            take_what_waits(tab)
            assert content(tab) == fresh(browser, f"{server.url}/blogs/petrel{view}"), (seed, view)
            assert len(ids(tab)) == len(set(ids(tab)))
            tab.evaluate("() => scrollTo(0, Math.random() * document.body.scrollHeight)")
    context.close()


@pytest.mark.parametrize("query", ["", "?order=oldest"])
def test_a_summary_that_is_full_stays_as_a_fresh_load_has_it(
    server: Server, editor: EditorClient, browser: Browser, page: Page, query: str
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(99):
        editor.post(
            "petrel", id=f"p{i:02}", title="x", key=True, published_at=f"2025-03-09T08:{i % 60:02}:{i // 60:02}Z"
        )
    address = f"{server.url}/blogs/petrel{query}"
    page.goto(address)
    wait_until_live(page)
    cursor = ""
    for i in range(3):
        cursor = editor.post("petrel", id=f"new-{i}", title="News", key=True, pinned=True)["cursor"]
    editor.post("petrel", id="early", title="x", key=True, published_at="2025-03-09T07:00:00Z")
    cursor = editor.edit("petrel", "p07", key=False)["cursor"]
    wait_until_at(page, cursor)
    take_what_waits(page)
    tab = browser.new_page()
    tab.goto(address)
    lines = "() => [...document.querySelectorAll('#keys > *')].map(({ id }) => id)"
    assert page.evaluate(lines)[:99] == tab.evaluate(lines)[:99]
    assert len(page.evaluate(lines)) in (99, 100)
    tab.close()
