"""Whoever reads: with a screen reader, by keyboard, in the dark; and whatever an editor may have typed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .axe import axe
from .live_page import content, fresh, take_what_waits, wait_until_at, wait_until_live
from .sample_posts import POSTS
from .server import EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

# Each would run somewhere, if it were not text: after OWASP's and PortSwigger's collections.
PAYLOADS = [
    "<script>parent.hit=1</script>",
    '"><script>parent.hit=1</script>',
    "'\"--></style></script><script>parent.hit=1</script>",
    "<img src=x onerror=parent.hit=1>",
    "<svg/onload=parent.hit=1>",
    "<svg><script>parent.hit=1</script></svg>",
    "<body onload=parent.hit=1>",
    "<details open ontoggle=parent.hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<a href=javascript:parent.hit=1>x</a>",
    "<math><mtext><table><mglyph><style><img src=x onerror=parent.hit=1>",
    "</title><script>parent.hit=1</script>",
    "</script><script>parent.hit=1</script><!--",
    "<!--<script>parent.hit=1</script>-->",
    "{{constructor.constructor('parent.hit=1')()}}",
    "{{ 7*7 }}${parent.hit=1}",
    "\\u003cscript\\u003eparent.hit=1\\u003c/script\\u003e",
    "<style>@import 'javascript:parent.hit=1'</style>",
    "<object data='data:text/html,<script>parent.hit=1</script>'>",
    "<template><script>parent.hit=1</script></template><noscript><img src=x onerror=parent.hit=1>",
]


def test_axe_finds_nothing_on_the_front(server: Server, editor: EditorClient, page: Page) -> None:
    for name, language in (("petrel", "en"), ("bahr", "ar")):
        editor.blog(id=name, title="The night of the Petrel", description="At sea.", language=language)
    page.goto(server.url)
    assert axe(page) == []
    page.locator('a[href="/blogs/petrel"]').click()
    wait_until_live(page)


def test_no_picture_makes_the_page_a_mile_long(server: Server, editor: EditorClient, page: Page) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    tall = {"url": "/demo/gate.svg", "alt": "A line"}
    editor.post("petrel", id="media", media=[{"type": "image", **tall, "width": 1, "height": 20_000}])
    editor.post("petrel", id="body", body='<p><img src="/demo/gate.svg" alt="" width="1" height="9000000"></p>')
    page.set_viewport_size({"width": 800, "height": 600})
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    for name in ("media", "body"):
        box = page.locator(f"#post-{name} img").bounding_box()
        assert box and box["height"] <= 2 * 600


def test_text_that_runs_the_other_way_does_not_turn_its_neighbours_around(
    server: Server, editor: EditorClient, page: Page
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    unclosed = "\u202b\u0627\u0644\u0628\u062d\u0631"  # an embedding that nobody closes
    authors = [{"name": unclosed}, {"name": "Ines Moreau", "role": unclosed}]
    editor.post("petrel", id="one", title="x", key=True, key_title=unclosed, authors=authors)
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    left = page.evaluate(
        """() => {
          const range = document.createRange();
          const walker = document.createTreeWalker(document.querySelector('#post-one .byline'), NodeFilter.SHOW_TEXT);
          const places = [];
          while (walker.nextNode()) {
            range.selectNodeContents(walker.currentNode);
            if (walker.currentNode.data.trim()) places.push(range.getBoundingClientRect().left);
          }
          return places;
        }"""
    )
    assert left == sorted(left) and len(left) >= 4, "read from left to right, as the sentence around them"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["full", "empty", "ended", "ar"])
def test_axe_finds_nothing(server: Server, editor: EditorClient, browser: Browser, scheme: Any, kind: str) -> None:
    editor.blog(id="petrel", title="The night of the Petrel", language="ar" if kind == "ar" else "en", byline="By us")
    if kind != "empty":
        for post in POSTS:
            editor.post("petrel", **post)
        editor.edit("petrel", "one-line", correction="It was six.", pinned=True)
    if kind == "ended":
        editor.change_blog("petrel", status="ended")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    tab = context.new_page()
    tab.goto(f"{server.url}/blogs/petrel")
    tab.wait_for_selector("#connection[data-phase]")
    assert axe(tab) == []
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    context.close()


def test_a_pinned_copy_is_laid_out_as_the_post_is(server: Server, editor: EditorClient, page: Page) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.post("petrel", **(POSTS[0] | {"pinned": True, "correction": "It was six."}))
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    # The time stands beside the text, and all of the text in one column.
    for name in ("pinned", "post"):
        time, *parts = [
            page.locator(f"#{name}-first-light {part}").bounding_box()
            for part in (".when", ".what", ".what h2", ".what figure", ".what .body", ".what .correction")
        ]
        assert time and all(
            part and part["x"] == parts[0]["x"] > time["x"] + time["width"] for part in parts if parts[0]
        )
        assert all(parts)


def test_the_feed_says_where_one_is_and_keys_lead_from_post_to_post(
    server: Server, editor: EditorClient, page: Page
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for post in POSTS:
        editor.post("petrel", **post)
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    feed = page.get_by_role("feed")
    assert [a.get_attribute("aria-posinset") for a in feed.get_by_role("article").all()] == ["1", "2", "3"]
    here = "() => document.activeElement.id"
    for key, name in (("j", "one-line"), ("j", "filed-late"), ("j", "first-light"), ("k", "filed-late")):
        page.keyboard.press(key)
        page.wait_for_function("id => document.activeElement.id === id", arg=f"post-{name}")
    assert page.evaluate(here) == "post-filed-late"


def test_times_follow_the_readers_choice_and_it_is_kept(server: Server, editor: EditorClient, browser: Browser) -> None:
    editor.blog(id="petrel", title="The night of the Petrel", timezone="America/New_York")
    for post in POSTS:
        editor.post("petrel", **post)
    context = browser.new_context(timezone_id="Europe/Lisbon")
    tab = context.new_page()
    tab.goto(f"{server.url}/blogs/petrel")
    wait_until_live(tab)
    tab.locator("#zone").select_option("own")
    # The minute before and after New York's clocks went forward, in Lisbon, where they had not yet.
    tab.locator("#post-first-light").get_by_text("March 9, 2025 at 6:59").wait_for()
    tab.locator("#post-one-line").get_by_text("March 9, 2025 at 7:01").wait_for()
    editor.post("petrel", id="summer", published_at="2025-07-01T12:00:00Z", body="<p>Calm.</p>")
    tab.locator("#post-summer").get_by_text("July 1, 2025 at 1:00").wait_for()
    tab.reload()
    tab.locator("#post-summer").get_by_text("July 1, 2025 at 1:00").wait_for()
    tab.locator("#zone").select_option("")
    tab.locator("#post-first-light").get_by_text("1:59 a.m. ET, March 9, 2025").wait_for()
    context.close()


def test_an_order_chosen_is_kept(server: Server, editor: EditorClient, page: Page) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    page.goto(f"{server.url}/blogs/petrel")
    page.get_by_role("link", name="Oldest").click()
    page.wait_for_url("**/petrel?order=oldest")
    page.goto(f"{server.url}/blogs/petrel")
    page.wait_for_url("**/petrel?order=oldest")


def test_embeds_load_nothing_until_they_are_clicked(server: Server, editor: EditorClient, page: Page) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    embed = {
        "type": "embed",
        "url": "https://www.youtube.com/watch?v=abc_123",
        "provider": "YouTube",
        "title": "The lamp",
        "thumbnail": "https://img.example/lamp.jpg",
    }
    editor.post("petrel", id="film", title="A film", media=[embed])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    assert not [url for url in asked if not url.startswith(server.url)]
    page.route("https://www.youtube-nocookie.com/**", lambda route: route.fulfill(body="a player"))
    page.get_by_role("link", name="The lamp").click()
    page.wait_for_selector("iframe[src='https://www.youtube-nocookie.com/embed/abc_123?autoplay=1']")


def test_no_script_of_an_editors_runs(server: Server, editor: EditorClient, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    editor.blog(
        id="petrel", title="".join(PAYLOADS)[:300], description="".join(PAYLOADS), byline="".join(PAYLOADS)[:900]
    )
    tab.goto(f"{server.url}/blogs/petrel")
    wait_until_live(tab)
    cursor = ""
    for i, payload in enumerate(PAYLOADS):
        text = dict.fromkeys(("title", "byline", "notes", "correction", "key_title"), payload)
        picture = {"type": "image", "url": "/demo/quay.svg", "alt": payload, "caption": payload, "credit": payload}
        card = {"type": "embed", "url": "https://video.example/1", "provider": payload, "title": payload}
        authors = [{"name": payload, "role": payload}]
        links = [{"url": "https://example.org/", "title": payload}]
        body = "<p>" + payload.replace("&", "&amp;").replace("<", "&lt;") + "</p>"
        cursor = editor.post(
            "petrel",
            id=f"p{i}",
            key=True,
            pinned=i == 0,
            body=body,
            media=[picture, card],
            links=links,
            **(text if i % 2 else text | {"byline": None, "authors": authors}),
        )["cursor"]
    wait_until_at(tab, cursor)
    take_what_waits(tab)
    assert tab.locator("#posts > article").count() == len(PAYLOADS)
    assert content(tab) == fresh(browser, f"{server.url}/blogs/petrel")
    tab.reload()
    wait_until_live(tab)
    assert tab.evaluate("() => window.hit") is None
    described = json.loads(tab.locator("script[type='application/ld+json']").text_content() or "")
    assert described["@type"] == "LiveBlogPosting"
    assert len(described["liveBlogUpdate"]) == len(PAYLOADS)
    context.close()
