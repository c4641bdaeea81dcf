"""A live blog on a newsroom's own page: another origin, a strict policy, and a link where nothing runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from waiting import until

from .axe import axe
from .sample_posts import POSTS
from .server import EditorClient, Server
from .tabs import sockets

pytestmark = [pytest.mark.browser, pytest.mark.server]

TALL = "<p>" + "The harbour lay still that morning. " * 400 + "</p>"
# What the blog in the page shows, as markup, with addresses from where they are meant; and the same of its own page.
SHOWN = """() => {
  const root = (document.querySelector("stop-press")?.shadowRoot ?? document);
  const blog = root.querySelector("#blog").cloneNode(true);
  blog.querySelector("#connection").replaceChildren();
  for (const article of blog.querySelectorAll("article")) {
    article.classList.remove("is-new", "is-changed");
    article.removeAttribute("data-mark");
  }
  const base = blog.dataset.socket && (document.querySelector("stop-press")?.getAttribute("blog") ?? location.href);
  for (const one of blog.querySelectorAll("[href], [src]"))
    for (const name of ["href", "src"])
      if (one.hasAttribute(name)) one.setAttribute(name, new URL(one.getAttribute(name), base).href);
  return [...[...blog.attributes].map(({ name, value }) => `${name}=${value}`), blog.innerHTML].join("\\n");
}"""


class EmbeddingSite:
    """A page of the newsroom's own, on a port of its own: another origin than the blog's."""

    def __init__(self) -> None:
        embedding_site = self
        self.page = ""
        self.policy = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = embedding_site.page.encode()
                self.send_response(200 if self.path == "/" else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                if embedding_site.policy:
                    self.send_header("Content-Security-Policy", embedding_site.policy)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, live: str) -> None:
        """Put the blog of the server at `live` into the page, under a policy that names that server alone."""
        self.policy = (
            f"default-src 'none'; script-src {live}; style-src {live}; img-src {live}; "
            f"connect-src {live} {live.replace('http', 'ws')}; base-uri 'none'; form-action 'none'"
        )
        self.page = (
            '<!DOCTYPE html><html lang="en"><title>The Harbour Post</title>'
            f'<script type="module" src="{live}/client/embed.js"></script>'
            f'<h1>The Harbour Post</h1>{TALL}<stop-press blog="{live}/blogs/petrel">'
            f'<a href="{live}/blogs/petrel">Follow the night live</a></stop-press><footer>End</footer></html>'
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def embedding_site() -> Iterator[EmbeddingSite]:
    embedding_site = EmbeddingSite()
    yield embedding_site
    embedding_site.close()


Start = Callable[[str], Server]


@pytest.fixture
def start(short_folder: Path) -> Iterator[Start]:
    """Starts a server whose blogs the origins given may show, with a blog in which something happened."""
    servers: list[Server] = []

    def start(origins: str) -> Server:
        server = Server(short_folder, origins=origins)
        server.start()
        servers.append(server)
        editor = EditorClient(server.url)
        editor.blog(id="petrel", title="The night of the Petrel", language="en", byline="By our staff")
        for post in POSTS:
            editor.post("petrel", **post)
        editor.close()
        return server

    yield start
    for server in servers:
        server.stop()


def link(page: Page) -> None:
    """Only the link is shown."""
    expect(page.get_by_role("link", name="Follow the night live")).to_be_visible()
    assert page.get_by_text("Two boats turn back").count() == 0


def test_a_newsrooms_own_page_shows_the_blog_and_it_stays_live(
    start: Start, embedding_site: EmbeddingSite, page: Page, browser: Browser
) -> None:
    server = start(embedding_site.url)
    embedding_site.show(server.url)
    editor = EditorClient(server.url)
    page.goto(embedding_site.url)
    page.locator("#connection[data-phase=live]").wait_for()
    assert page.get_by_role("region", name="The night of the Petrel").is_visible()
    assert not page.get_by_text("Follow the night live").is_visible()
    assert page.locator("#post-first-light img").evaluate("img => img.src") == f"{server.url}/demo/quay.svg"
    assert page.locator("#post-first-light h2").evaluate("h2 => getComputedStyle(h2).fontWeight") == "700"

    editor.edit("petrel", "one-line", title="Force eight", correction="It was seven.", key=True, pinned=True)
    editor.delete("petrel", "filed-late")
    editor.change_blog("petrel", title="The Petrel holds")
    cursor = editor.post("petrel", id="new", title="News", body="<p>All are ashore.</p>")["cursor"]
    page.locator(f"#blog[data-cursor='{cursor}']").wait_for()
    # The reader is at the top of the newsroom's page: what is new comes in further down, without moving it.
    page.locator("#post-new").wait_for()
    editor.close()
    shown = page.evaluate(SHOWN)
    assert page.title() == "The Harbour Post"
    own = browser.new_context()
    tab = own.new_page()
    tab.goto(f"{server.url}/blogs/petrel")
    tab.wait_for_selector("#connection[data-phase=live]")
    assert shown.replace(' data-phase="live"', "") == tab.evaluate(SHOWN).replace(' data-phase="live"', "")
    own.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_an_embedded_blog(
    start: Start, embedding_site: EmbeddingSite, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    server = start(embedding_site.url)
    embedding_site.show(server.url)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    tab = context.new_page()
    tab.goto(embedding_site.url)
    tab.locator("#connection[data-phase=live]").wait_for()
    # What is wrong with the newsroom's own page (its title stands in no landmark, say) is not the blog's to mend.
    assert axe(tab, within="stop-press") == []
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    # In another language everything is loaded afresh; a newsroom's page still has no second main part then.
    editor = EditorClient(server.url)
    editor.change_blog("petrel", language="de")
    editor.close()
    tab.get_by_role("link", name="Das Wichtigste").wait_for()
    assert axe(tab, within="stop-press") == []
    assert tab.get_by_role("main").count() == 0
    context.close()


def test_what_is_read_in_an_embedded_blog_does_not_move(
    start: Start, embedding_site: EmbeddingSite, page: Page
) -> None:
    server = start(embedding_site.url)
    embedding_site.show(server.url)
    editor = EditorClient(server.url)
    for i in range(20):
        editor.post("petrel", id=f"p{i}", title=f"Post {i}", body=f"<p>{TALL[:2_000]}</p>")
    page.goto(embedding_site.url)
    page.locator("#connection[data-phase=live]").wait_for()
    page.locator("#post-p9").scroll_into_view_if_needed()
    top = "post => post.getBoundingClientRect().top"
    before = page.locator("#post-p9").evaluate(top)
    editor.edit("petrel", "p15", body=TALL)
    cursor = editor.post("petrel", id="new", title="News")["cursor"]
    page.locator(f"#blog[data-cursor='{cursor}']").wait_for()
    assert abs(page.locator("#post-p9").evaluate(top) - before) < 1
    news = page.locator("#news")
    assert news.inner_text() == "1 new"
    news.click()
    expect(page.locator("#post-new")).to_be_in_viewport()
    editor.close()


def test_clicks_and_choices_work_within_and_keys_stay_the_pages_own(
    start: Start, embedding_site: EmbeddingSite, page: Page
) -> None:
    server = start("*")
    embedding_site.show(server.url)
    page.goto(embedding_site.url)
    page.locator("#connection[data-phase=live]").wait_for()
    page.locator("#zone").select_option("relative")
    page.locator("#post-one-line .permalink time[title]").wait_for()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.localName") != "stop-press"
    assert (
        page.locator("#post-one-line .permalink").get_attribute("href") == f"{server.url}/blogs/petrel/posts/one-line"
    )


def test_an_origin_that_is_not_named_keeps_the_link(
    start: Start, embedding_site: EmbeddingSite, browser: Browser
) -> None:
    server = start("https://harbour.example")
    embedding_site.show(server.url)
    page = browser.new_page()
    with page.expect_console_message(lambda line: "CORS" in line.text):
        page.goto(embedding_site.url)
    link(page)
    # And its scripts may not open the socket either.
    code = page.evaluate(
        """live => new Promise((done) => {
          const socket = new WebSocket(`${live.replace("http", "ws")}/v1/blogs/petrel/socket`);
          socket.onopen = () => done("open");
          socket.onclose = ({ code }) => done(code);
        })""",
        server.url,
    )
    assert code == 1006
    page.close()


def test_without_javascript_there_is_the_link(start: Start, embedding_site: EmbeddingSite, browser: Browser) -> None:
    server = start(embedding_site.url)
    embedding_site.show(server.url)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(embedding_site.url)
    link(page)
    page.get_by_role("link", name="Follow the night live").click()
    page.wait_for_url(f"{server.url}/blogs/petrel")
    context.close()


def test_an_element_that_is_taken_out_lets_its_connection_go(
    start: Start, embedding_site: EmbeddingSite, page: Page
) -> None:
    server = start(embedding_site.url)
    embedding_site.show(server.url)
    page.goto(embedding_site.url)
    page.locator("#connection[data-phase=live]").wait_for()
    until(lambda: sockets(server) == 1, "it is connected")
    page.evaluate("() => { window.kept = document.querySelector('stop-press'); window.kept.remove(); }")
    until(lambda: sockets(server) == 0, "it has let go")
    page.evaluate("() => document.body.append(window.kept)")
    until(lambda: sockets(server) == 1, "it is connected again")
