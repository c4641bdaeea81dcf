"""What comes while somebody reads: nothing moves under their eyes, and what waits is said truthfully."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .live_page import content, fresh, ids, take_what_waits, wait_until_at, wait_until_live
from .server import CuttableProxy, EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

LONG = "<p>" + "The sea was heavy and the watch was long. " * 12 + "</p>"
NO_ANCHORING = "*, html { overflow-anchor: none !important }"
# Counts layout shifts from now on: what a reader sees jump (web.dev/cls).
COUNT_SHIFTS = """() => {
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift" });
}"""
# Two frames drawn, and all that glides has arrived, also where a later change sent it on another way.
SETTLED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const gliding = () => document.getAnimations().filter((a) => a.id === "move");
  while (gliding().length) await Promise.allSettled(gliding().map((a) => a.finished));
}"""


def _time(minute: int) -> str:
    return f"2025-03-09T{8 + minute // 60:02}:{minute % 60:02}:00Z"


@pytest.fixture
def address(server: Server, editor: EditorClient) -> str:
    """A blog of thirty long posts."""
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(30):
        editor.post("petrel", id=f"p{i:02}", title=f"Post {i}", body=LONG, published_at=_time(i))
    return f"{server.url}/blogs/petrel"


def tops(page: Page) -> dict[str, float]:
    """Where each post in view stands, and the line of text at the top of the view."""
    found: dict[str, float] = page.evaluate("""() => Object.fromEntries(
      [...document.querySelectorAll("#posts > article")]
        .map((a) => [a.id, a.getBoundingClientRect().top, a.getBoundingClientRect().bottom])
        .filter(([, top, bottom]) => bottom > 0 && top < innerHeight))""")
    return found


def scroll_to(page: Page, post: str, by: int = 0) -> None:
    page.evaluate("([id, by]) => scrollTo(0, document.getElementById(id).offsetTop + by)", [f"post-{post}", by])
    page.evaluate(SETTLED)


@pytest.mark.parametrize("anchoring", [True, False], ids=["with scroll anchoring", "without"])
def test_the_view_does_not_move_by_a_pixel(
    address: str, editor: EditorClient, page: Page, browser: Browser, anchoring: bool
) -> None:
    page.goto(address)
    wait_until_live(page)
    if not anchoring:
        page.evaluate(
            """(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
            document.adoptedStyleSheets = [sheet]; }""",
            NO_ANCHORING,
        )
    scroll_to(page, "p15", by=37)
    before = tops(page)
    editor.edit("petrel", "p20", key=True, pinned=True)
    page.wait_for_selector("#pinned-p20")
    page.evaluate(SETTLED)
    assert tops(page) == pytest.approx(before, abs=0.5)
    page.evaluate(COUNT_SHIFTS)
    for i in range(3):
        editor.post("petrel", id=f"new-{i}", title=f"News {i}", body=LONG, published_at=_time(40 + i))
    editor.post("petrel", id="late", title="Filed late", body=LONG, published_at="2025-03-09T08:20:30Z")
    editor.edit("petrel", "p25", body=LONG * 3)
    editor.delete("petrel", "p27")
    cursor = editor.edit("petrel", "p22", body=LONG, correction="The sea was calm." * 20)["cursor"]
    wait_until_at(page, cursor)
    page.evaluate(SETTLED)
    # Browsers scroll by whole pixels, and lines are not so high: half a pixel is as near as one gets.
    assert tops(page) == pytest.approx(before, abs=0.5)
    assert page.evaluate("window.shifts") == 0
    assert page.locator("#news").inner_text() == "4 new, 1 corrected"
    assert page.title() == "(4) The night of the Petrel"
    assert page.locator("#announce").inner_text() == "4 new, 1 corrected"

    page.locator("#news").click()
    assert page.locator("#post-new-2").is_visible()
    assert page.locator("#post-new-2").evaluate("e => e.getBoundingClientRect().top >= 0")
    assert page.title() == "The night of the Petrel"
    assert not page.locator("#news").is_visible()
    assert content(page) == fresh(browser, address)


def test_an_edit_of_what_is_being_read_keeps_the_line(address: str, editor: EditorClient, page: Page) -> None:
    page.goto(address)
    wait_until_live(page)
    editor.edit("petrel", "p15", body="<p>First.</p>" + LONG + "<p>The very line.</p>" + LONG * 4)
    page.wait_for_selector("text=The very line.")
    page.evaluate("""() => scrollBy(0, [...document.querySelectorAll("p")]
      .find((p) => p.textContent === "The very line.").getBoundingClientRect().top - 5)""")
    line = page.locator("text=The very line.")
    was = line.bounding_box()
    cursor = editor.edit(
        "petrel", "p15", title="A headline " * 12, body="<p>First.</p>" + LONG * 2 + "<p>The very line.</p>" + LONG * 4
    )["cursor"]
    wait_until_at(page, cursor)
    now = line.bounding_box()
    assert was and now
    assert abs(was["y"] - now["y"]) < 1


def test_at_the_top_posts_slide_in_without_a_shift(
    address: str, editor: EditorClient, page: Page, browser: Browser
) -> None:
    page.goto(address)
    wait_until_live(page)
    page.evaluate(COUNT_SHIFTS)
    for i in range(3):
        editor.post("petrel", id=f"new-{i}", title=f"News {i}", body=LONG, published_at=_time(40 + i))
        page.wait_for_selector(f"#post-new-{i}")
    editor.edit("petrel", "new-2", body=LONG * 2, correction="Wrong.")
    cursor = editor.delete("petrel", "new-1")["cursor"]
    wait_until_at(page, cursor)
    page.evaluate(SETTLED)
    assert ids(page)[:3] == ["new-2", "new-0", "p29"]
    assert page.locator("#post-new-2").get_attribute("data-mark") == "Corrected"
    assert page.locator("#news").inner_text() == ""
    assert page.evaluate("window.shifts") == 0
    assert content(page) == fresh(browser, address)


@pytest.mark.parametrize("place", ["at the top", "below the head", "far down"])
def test_the_summary_and_pinned_posts_grow_without_a_shift(
    address: str, editor: EditorClient, page: Page, browser: Browser, place: str
) -> None:
    page.goto(address)
    wait_until_live(page)
    if place != "at the top":
        scroll_to(page, "p15" if place == "far down" else "p29", by=37)
    page.evaluate(COUNT_SHIFTS)
    before = tops(page)
    changes: list[tuple[str, dict[str, Any]]] = [
        ("p20", {"key": True}),
        ("p21", {"pinned": True}),
        ("p22", {"key": True, "pinned": True}),
        ("p20", {"key": False}),
        ("p21", {"pinned": False}),
    ]
    for post, fields in changes:
        wait_until_at(page, editor.edit("petrel", post, **fields)["cursor"])
        page.evaluate(SETTLED)
    editor.post("petrel", id="new", title="News", key=True, pinned=True, published_at=_time(40))
    wait_until_at(page, editor.change_blog("petrel", title="The night of the Petrel, " * 6)["cursor"])
    page.evaluate(SETTLED)
    assert page.evaluate("window.shifts") == 0
    if place != "at the top":
        assert tops(page) == pytest.approx(before, abs=0.5)
        page.locator("#news").click()
    assert page.locator("#keys > li").count() == page.locator("#pinned > article").count() == 2
    assert content(page) == fresh(browser, address)


def test_reduced_motion_is_honoured(address: str, editor: EditorClient, browser: Browser) -> None:
    context = browser.new_context(reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(address)
    wait_until_live(tab)
    tab.evaluate(
        "() => { const own = Element.prototype.animate; window.durations = []; Element.prototype.animate = "
        "function (k, o) { window.durations.push(o.duration); return own.call(this, k, o); } }"
    )
    editor.post("petrel", id="new", title="News", published_at=_time(40))
    tab.wait_for_selector("#post-new")
    assert set(tab.evaluate("window.durations")) == {1}
    assert tab.locator("#post-new").evaluate("e => getComputedStyle(e).animationName") == "none"
    context.close()


def test_what_waits_is_told_as_it_changes_and_comes_in_at_the_top(
    address: str, editor: EditorClient, page: Page
) -> None:
    page.goto(address)
    wait_until_live(page)
    scroll_to(page, "p10")
    news = page.locator("#news")
    for i in range(3):
        editor.post("petrel", id=f"new-{i}", title=f"News {i}", published_at=_time(40 + i))
    page.wait_for_function("() => document.title.startsWith('(3)')")
    editor.edit("petrel", "new-0", title="News, again", correction="Not zero.")
    cursor = editor.delete("petrel", "new-1")["cursor"]
    wait_until_at(page, cursor)
    assert news.inner_text() == "2 new"
    assert page.title().startswith("(2)")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector("#post-new-2")
    assert ids(page)[:2] == ["new-2", "new-0"]
    assert not news.is_visible()


def test_selected_text_and_playing_videos_are_left_alone(
    address: str, editor: EditorClient, page: Page, browser: Browser
) -> None:
    page.goto(address)
    wait_until_live(page)
    select = "id => getSelection().selectAllChildren(document.querySelector(`#post-${id} .body`))"
    page.evaluate(select, "p29")
    editor.post("petrel", id="new", title="News", published_at=_time(40))
    cursor = editor.edit("petrel", "p29", body="<p>Edited.</p>")["cursor"]
    wait_until_at(page, cursor)
    assert page.locator("#news").inner_text() == "1 new, 1 changed"
    assert "heavy" in page.evaluate("getSelection().toString()")
    assert "new" not in ids(page)
    page.evaluate("getSelection().removeAllRanges()")
    page.wait_for_selector("#post-new")
    assert page.locator("#post-p29 .body").inner_text() == "Edited."
    assert content(page) == fresh(browser, address)

    page.evaluate("""() => { const frame = document.createElement("iframe"); frame.className = "player";
      document.querySelector("#post-new .what").append(frame); }""")
    cursor = editor.post("petrel", id="newer", title="Newer", published_at=_time(41))["cursor"]
    wait_until_at(page, cursor)
    assert page.locator("#news").inner_text() == "1 new"
    assert page.locator("iframe").count() == 1


def test_a_post_that_was_announced_as_unread_is_not_announced_again_when_it_is_shown(
    address: str, editor: EditorClient, page: Page
) -> None:
    page.goto(address)
    wait_until_live(page)
    scroll_to(page, "p10")
    page.evaluate("""() => {
      window.announced = [];
      const spoken = document.querySelector("#announce");
      new MutationObserver(() => window.announced.push(spoken.textContent)).observe(spoken, { childList: true });
    }""")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#post-p10 .body'))")
    wait_until_at(page, editor.edit("petrel", "p10", body="<p>Edited.</p>")["cursor"])
    assert page.locator("#news").inner_text() == "1 changed"
    page.evaluate("getSelection().removeAllRanges()")
    wait_until_at(page, editor.edit("petrel", "p10", body="<p>Edited twice.</p>")["cursor"])
    assert page.locator("#post-p10 .body").inner_text() == "Edited twice."
    assert not page.locator("#news").is_visible()
    assert page.evaluate("announced") == ["1 changed"]
    wait_until_at(page, editor.edit("petrel", "p11", body="<p>Edited.</p>")["cursor"])
    assert page.evaluate("announced") == ["1 changed", "1 changed"]


def test_a_hidden_tab_counts_in_its_title_and_marks_what_came(address: str, editor: EditorClient, page: Page) -> None:
    page.goto(address)
    wait_until_live(page)
    hide = """(hidden) => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      Object.defineProperty(document, "visibilityState", { value: hidden ? "hidden" : "visible", configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }"""
    page.evaluate(hide, True)
    for i in range(3):
        editor.post("petrel", id=f"new-{i}", title=f"News {i}", published_at=_time(40 + i))
    page.wait_for_function("() => document.title.startsWith('(3)')")
    page.evaluate(hide, False)
    page.wait_for_selector("#post-new-2")
    assert page.locator("[data-mark='Since you left']").count() == 3
    assert page.title() == "The night of the Petrel"


def test_a_cut_says_how_current_the_page_is_whatever_the_devices_clock(
    address: str, server: Server, editor: EditorClient, proxy: CuttableProxy, browser: Browser
) -> None:
    context = browser.new_context()
    tab = context.new_page()
    # A device whose clock is three hours and seven minutes fast.
    tab.add_init_script("{ const real = Date.now, off = 187 * 60_000; Date.now = () => real() + off; }")
    tab.add_init_script(
        "Object.defineProperty(performance, 'timeOrigin', {value: performance.timeOrigin + 187*60_000})"
    )
    tab.goto(address.replace(server.url, proxy.url))
    wait_until_live(tab)
    said = tab.locator("#connection")
    assert said.inner_text() == "Live"
    clock = "() => new Date(new Date().getTime()).toLocaleTimeString('en', {timeStyle: 'short', timeZone: 'UTC'})"
    first = tab.evaluate(clock)
    proxy.cut()
    tab.wait_for_selector("#connection[data-phase=reconnecting]")
    last = tab.evaluate(clock)
    match = re.fullmatch(r"Reconnecting, current as of (.*)", said.inner_text())
    assert match and match[1] in (first, last)
    cursor = editor.post("petrel", id="new", title="News", published_at=_time(40))["cursor"]
    proxy.mend()
    wait_until_at(tab, cursor)
    wait_until_live(tab)
    assert tab.locator("#post-new").get_attribute("data-mark") == "Since you left"
    context.close()


def test_a_long_blog_reads_on_by_scrolling_without_gap_or_repeat(
    server: Server, editor: EditorClient, page: Page, browser: Browser
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    for i in range(180):
        editor.post("petrel", id=f"p{i:03}", title=f"Post {i}", published_at=_time(i))
    page.goto(f"{server.url}/blogs/petrel")
    wait_until_live(page)
    assert len(ids(page)) == 80
    # Meanwhile the numbers of the pages shift: one of an older page goes, and one comes in late.
    editor.delete("petrel", "p010")
    cursor = editor.post("petrel", id="late", title="Late", published_at="2025-03-09T08:50:30Z")["cursor"]
    wait_until_at(page, cursor)
    page.wait_for_function("""() => {
      scrollTo(0, document.body.scrollHeight);
      return !document.querySelector("#blog [rel=next]");
    }""")
    expected = [f"p{i:03}" for i in range(180) if i != 10]
    expected.insert(50, "late")
    assert ids(page) == expected[::-1]
    cursor = editor.edit("petrel", "p003", title="Edited")["cursor"]
    wait_until_at(page, cursor)
    assert page.locator("#post-p003 h2").inner_text() == "Edited"
    last = page.locator("#posts > article").last
    assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize") == "180"


TYPES: list[dict[str, Any]] = [{}, {"key": True}, {"tags": ["wind"]}, {"key": True, "pinned": True, "tags": ["wind"]}]


@pytest.mark.parametrize("query", ["", "?order=oldest", "?key=true", "?tag=wind&order=oldest"])
def test_filters_summary_and_pins_are_those_of_a_fresh_load(
    server: Server, editor: EditorClient, page: Page, browser: Browser, query: str
) -> None:
    editor.blog(id="petrel", title="The night of the Petrel")
    address = f"{server.url}/blogs/petrel{query}"
    page.goto(address)
    wait_until_live(page)
    for i in range(8):
        editor.post("petrel", id=f"p{i}", title=f"Post {i}", published_at=_time(7 * i % 10), **TYPES[i % 4])
    editor.edit("petrel", "p1", key=False, tags=["wind"])
    editor.edit("petrel", "p2", key=True, pinned=True, tags=[])
    editor.edit("petrel", "p3", published_at=_time(30))
    cursor = editor.delete("petrel", "p7")["cursor"]
    wait_until_at(page, cursor)
    take_what_waits(page)
    assert content(page) == fresh(browser, address)
