"""What axe-core finds wrong with a page, for those who hear it, or need it to be clear."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()


def axe(page: Page, *, within: str = "html") -> list[str]:
    """Each thing that is wrong in what `within` selects, shadow trees included, with its first place."""
    page.evaluate(AXE)
    found = page.evaluate("within => axe.run(within)", within)
    assert found["passes"], f"nothing was looked at in {within}"
    return [f"{wrong['id']}: {wrong['nodes'][0]['html']}" for wrong in found["violations"]]
