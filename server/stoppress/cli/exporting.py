"""`stoppress export`: a whole blog as one JSON document, off the store itself, which `stoppress import` takes back; or,
with `--html`, as a folder to read, off a server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from stoppress.cli.archiving import Archiving
from stoppress.cli.options import command_act, read_settings, server_options, settings_options
from stoppress.settings import Settings


@click.command(short_help="Write a whole blog, revisions included, as one JSON document.")
@click.argument("blog")
@click.option("--html", "folder", type=click.Path(path_type=Path), help="Make a folder to read instead, off a server.")
@server_options
@settings_options("data", "redis_url")
def export(blog: str, folder: Path | None, url: str, token: str | None, **given: Any) -> None:
    """Write BLOG to standard output: its posts, drafts and deletions with all their revisions.

    `stoppress import` makes the same blog of it, here or elsewhere. Works on the store, whether a server runs or not.

    With --html FOLDER it makes a folder to read, that needs no server: what readers see, pictures included, taken from
    the server at --url.
    """
    if folder is not None:
        for line in asyncio.run(Archiving(url, token, blog).write(folder)):
            click.echo(line, err=True)
        return
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
