"""`stoppress export`: a whole blog as one JSON document, off the store itself; `stoppress import` takes it back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from stoppress.cli.options import command_act, read_settings, settings_options
from stoppress.settings import Settings


@click.command(short_help="Write a whole blog, revisions included, as one JSON document.")
@click.argument("blog")
@settings_options("data", "redis_url")
def export(blog: str, **given: Any) -> None:
    """Write BLOG to standard output: its posts, drafts and deletions with all their revisions.

    `stoppress import` makes the same blog of it, here or elsewhere. Works on the store, whether a server runs or not.
    """
    document = asyncio.run(_dump(read_settings(given), blog))
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


async def load_into(settings: Settings, document: dict[str, Any]) -> str:
    """Make the blog of an export, in the store; its id."""
    from stoppress import app
    from stoppress.store import archive

    async with app.open_store(settings) as stores:
        blog = await archive.load(stores.store, document)
        await stores.audit.append([command_act("import", f"/v1/blogs/{blog}", blog)])
        return blog


async def _dump(settings: Settings, blog: str) -> dict[str, Any]:
    from stoppress import app
    from stoppress.store import archive

    async with app.open_store(settings) as stores:
        return await archive.dump(stores.store, blog)
