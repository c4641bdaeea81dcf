"""`stoppress export`: writes a whole blog as one JSON document, read from the store, for `stoppress import`.

With `--html` it writes a folder of pages to read, downloaded from a server.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from stoppress.cli.export_html import HtmlExport
from stoppress.cli.options import Finite, command_act, read_settings, server_options, settings_options
from stoppress.settings import Settings
from stoppress.store import export_import
from stoppress.store.open_stores import open_stores


@click.command(short_help="Write a whole blog, revisions included, as one JSON document.")
@click.argument("blog")
@click.option(
    "--html", "folder", type=click.Path(path_type=Path), help="Download the blog from a server into this folder."
)
@click.option(
    "--picture-timeout",
    default=30.0,
    show_default=True,
    type=Finite(min=0.1),
    help="The most seconds that one picture may take, with --html.",
)
@click.option(
    "--picture-bytes",
    default=20_971_520,
    show_default=True,
    type=click.IntRange(1),
    help="The most bytes that one picture may have, with --html.",
)
@server_options
@settings_options("data", "redis_url")
def export(
    blog: str,
    folder: Path | None,
    picture_timeout: float,
    picture_bytes: int,
    url: str,
    token: str | None,
    **given: Any,
) -> None:
    """Write BLOG to standard output: its posts, drafts and deletions with all their revisions.

    `stoppress import` makes the same blog from this document, in this store or another. The command reads the store
    itself, whether a server runs or not.

    With --html FOLDER the command writes what readers see, pictures included, into a folder that can be read without a
    server. It downloads everything from the server at --url.
    """
    if folder is not None:
        archiving = HtmlExport(url, token, blog, picture_timeout=picture_timeout, picture_bytes=picture_bytes)
        for line in asyncio.run(archiving.write(folder)):
            click.echo(line, err=True)
        return
    document = asyncio.run(_dump(read_settings(given), blog))
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


async def load_into(settings: Settings, document: dict[str, Any]) -> str:
    """Create the blog of an export in the store. Returns the blog's id."""
    async with open_stores(settings) as stores:
        blog = await export_import.load(stores.store, document)
        await stores.audit.append([command_act("import", f"/v1/blogs/{blog}", blog)])
        return blog


async def _dump(settings: Settings, blog: str) -> dict[str, Any]:
    async with open_stores(settings) as stores:
        return await export_import.dump(stores.store, blog)
