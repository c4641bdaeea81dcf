"""`stoppress publish`: one post, from a file or from standard input."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from stoppress.api_client import ApiClient, Object
from stoppress.cli.options import read_text, server_options
from stoppress.errors import StopPressError

FORMATS = {".json": "json", ".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}


@click.command(short_help="Publish a post from a file or standard input.")
@click.argument("blog")
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@server_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "html", "json"]),
    help="What the text is; by default the file's extension tells, and anything else is Markdown.",
)
@click.option("--id", "id_", help="The post's id; by default the server makes one.")
@click.option("--title", help="Headline. In Markdown a first line `# Headline` is one as well.")
@click.option("--byline", help="As printed.")
@click.option("--key", is_flag=True, default=None, help="A key event.")
@click.option("--key-title", help="Its short title in the summary.")
@click.option("--pinned", is_flag=True, default=None, help="Shown on top as well as in its place.")
@click.option("--tag", "tags", multiple=True, help="Can be given several times.")
@click.option("--notes", help="Who contributed, and the like.")
@click.option("--published-at", help="When it was first published, RFC 3339; by default now.")
@click.option("--draft", "status", flag_value="draft", help="Keep it as a draft.")
@click.option("--publish-at", help="When it shall be published, RFC 3339.")
@click.option("--idempotency-key", help="Given twice, it publishes once; by default one of chance for each call.")
def publish(
    blog: str,
    file: str,
    url: str,
    token: str | None,
    format_: str | None,
    idempotency_key: str | None,
    **options: Any,
) -> None:
    """Publish a post in BLOG from FILE, or from standard input. Prints the post's id and the blog's cursor.

    JSON is an object of the fields that the API takes; Markdown and HTML are the body. Options count more than the
    file. A server that is away for a moment is tried again, and the post still comes once.

    \b
    Examples:
      echo "The gates are closed." | stoppress publish harbour
      stoppress publish harbour update.md --key --tag Safety
    """
    text = read_text(file)
    format_ = format_ or FORMATS.get(Path(file).suffix.lower(), "markdown")
    fields = read_post(text, format_, name="standard input" if file == "-" else file)
    options["id"] = options.pop("id_")
    options["tags"] = list(options["tags"]) or None
    if options["publish_at"] and not options["status"]:
        options["status"] = "scheduled"
    fields |= {name: value for name, value in options.items() if value is not None}
    answer = asyncio.run(_publish(url, token, blog, fields, idempotency_key))
    click.echo(f"{answer['post']['id']} {answer['cursor']}")


def read_post(text: str, format_: str, *, name: str) -> Object:
    """The fields of the post that `text` is; `name` says where it came from.

    Raises StopPressError for what is no JSON object, or empty.
    """
    if format_ == "json":
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise StopPressError(f"{name} is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise StopPressError(f"Expected {name} to hold a JSON object of post fields, but got {text[:40]!r}")
        return fields
    if not text.strip():
        raise StopPressError(f"{name} is empty.")
    if format_ == "html":
        return {"body": text, "body_format": "html"}
    first, _, rest = text.lstrip("\ufeff\r\n").partition("\n")
    if first.startswith("# "):
        return {"title": first[2:].strip().rstrip("#").rstrip(), "body": rest.strip(), "body_format": "markdown"}
    return {"body": text.strip("\ufeff\r\n"), "body_format": "markdown"}


async def _publish(url: str, token: str | None, blog: str, fields: Object, key: str | None) -> Object:
    async with ApiClient(url, token) as api:
        return await api.create_post(blog, fields, key=key)
