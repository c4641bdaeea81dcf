"""What axe-core finds wrong with a page, for those who hear it, or need it to be clear."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

PROGRAM = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


@cache
def _program() -> str:
    """The text of axe-core. It is read at first use, so that collecting the tests needs no node_modules."""
    return PROGRAM.read_text()


def axe(page: Page, *, within: str = "html") -> list[str]:
    """Each thing that is wrong in what `within` selects, shadow trees included, with its first place."""
    page.evaluate(_program())
    found = page.evaluate("within => axe.run(within)", within)
    assert found["passes"], f"nothing was looked at in {within}"
    return [f"{wrong['id']}: {wrong['nodes'][0]['html']}" for wrong in found["violations"]]
