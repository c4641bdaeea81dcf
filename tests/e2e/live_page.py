"""What a reader has in front of them, to compare with what a fresh load shows."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

# The page as markup, without what only says that it is live, and without the highlight that fades.
CONTENT = """() => {
  const main = document.querySelector("main").cloneNode(true);
  main.querySelector("#connection").replaceChildren();
  main.querySelector("#connection").removeAttribute("data-phase");
  for (const article of main.querySelectorAll("article")) {
    article.classList.remove("is-new", "is-changed");
    article.removeAttribute("data-mark");
  }
  return [document.title, document.documentElement.lang, document.documentElement.dir, main.outerHTML];
}"""


def content(page: Page) -> list[str]:
    """Everything that the page shows, as markup."""
    found: list[str] = page.evaluate(CONTENT)
    return found


def fresh(browser: Browser, url: str) -> list[str]:
    """What somebody sees who opens the page now."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(url)
    tab.wait_for_selector("#connection[data-phase]")
    found = content(tab)
    context.close()
    return found


def ids(page: Page) -> list[str]:
    """The posts' ids from top to bottom."""
    found: list[str] = page.evaluate("() => [...document.querySelectorAll('article.post')].map(a => a.id.slice(5))")
    return found


def wait_until_at(page: Page, cursor: str) -> None:
    """Until the page has applied everything up to the cursor."""
    page.wait_for_function("at => document.querySelector('main').dataset.cursor === at", arg=cursor)


def wait_until_live(page: Page) -> None:
    page.wait_for_selector("#connection[data-phase=live]")


def take_what_waits(page: Page) -> None:
    """Lets in what waits, if anything does: looks and presses in one step, as a page may let it in by itself."""
    page.evaluate("() => { const news = document.querySelector('#news'); if (!news.hidden) news.click(); }")
