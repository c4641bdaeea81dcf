"""`stoppress publish`: publishes one post from a file or from standard input."""

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
    help="The format of the text. By default the file's extension decides, and any other is Markdown.",
)
@click.option("--id", "id_", help="The post's id. By default the server makes one.")
@click.option("--title", help="The headline. In Markdown a first line `# Headline` sets it as well.")
@click.option("--byline", help="The byline as printed.")
@click.option("--key", is_flag=True, default=None, help="Mark the post as a key event.")
@click.option("--key-title", help="A short title for the summary of key events.")
@click.option("--pinned", is_flag=True, default=None, help="Pin the post: show it at the top as well.")
@click.option("--tag", "tags", multiple=True, help="A tag. Can be given several times.")
@click.option("--notes", help="Notes below the post, such as who contributed.")
@click.option("--published-at", help="The time of first publication, RFC 3339. By default now.")
@click.option("--draft", "status", flag_value="draft", help="Save the post as a draft.")
@click.option("--publish-at", help="The time at which to publish the post, RFC 3339.")
@click.option("--idempotency-key", help="Calls with the same key publish once. By default each call has its own.")
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

    A JSON file is an object with the API's fields. A Markdown or HTML file is the post's body. Options take precedence
    over the file. If the server is unavailable for a moment the command retries, and the post is still published only
    once.

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
    """The fields of the post in `text`. `name` is the name of its source for error messages.

    Raises StopPressError when `text` is empty, or should be a JSON object and is not.
    """
    if format_ == "json":
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise StopPressError(f"{name} is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise StopPressError(f"Expected a JSON object of post fields in {name}, but got {text[:40]!r}.")
        return fields
    if not text.strip():
        raise StopPressError(f"Expected the text of a post in {name}, but it is empty.")
    if format_ == "html":
        return {"body": text, "body_format": "html"}
    first, _, rest = text.lstrip("\ufeff\r\n").partition("\n")
    if first.startswith("# "):
        return {"title": first[2:].strip().rstrip("#").rstrip(), "body": rest.strip(), "body_format": "markdown"}
    return {"body": text.strip("\ufeff\r\n"), "body_format": "markdown"}


async def _publish(url: str, token: str | None, blog: str, fields: Object, key: str | None) -> Object:
    async with ApiClient(url, token) as api:
        return await api.create_post(blog, fields, key=key)
