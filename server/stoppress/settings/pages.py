"""The settings for how the pages of blogs look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import Seconds
from stoppress.settings.group import Group, When

PAGES = Group("Pages", "These settings say how the pages of blogs look.")


class PageSettings(BaseSettings):
    """The settings for how the pages of blogs look."""

    theme: Annotated[Path | None, PAGES, When("Set it to give pages your colours, type and spacing.")] = Field(
        None, description="A style sheet of your own, loaded after style.css."
    )
    templates: Annotated[Path | None, PAGES, When("Set it to change the markup, not only the look.")] = Field(
        None, description="A folder of templates that replace those of the same name in stoppress/render/templates."
    )
    stale_if_error: Annotated[Seconds, PAGES, When("Lower it if an old page is worse for your readers than none.")] = (
        Field(
            3_600.0,
            description="How long, in seconds, pages and feeds come from memory, here and in CDNs, while the store is "
            "away.",
        )
    )
    page_posts: Annotated[
        int, Field(ge=5, le=500), PAGES, When("Change it before the first blog: it changes which posts a page holds.")
    ] = Field(50, description="How many posts a page holds. The newest page holds the remainder as well.")
