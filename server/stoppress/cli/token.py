"""`stoppress token`: creates, lists and revokes tokens in the store itself, whether a server runs or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from stoppress.cli.options import Duration, command_act, read_settings, settings_options
from stoppress.errors import NotFound
from stoppress.model import rfc3339
from stoppress.settings import Settings
from stoppress.store.base_audit_log import Act
from stoppress.store.base_tokens import TokenRecord
from stoppress.store.open_stores import open_stores
from stoppress.token_scopes import SCOPES
from stoppress.token_secrets import new_token

store_options = settings_options("data", "redis_url")


@click.group(short_help="Create, list and revoke tokens.")
def token() -> None:
    """Create, list and revoke the tokens for the API.

    \b
    Scopes:
      read      sees drafts, scheduled posts and revisions
      write     creates and edits drafts
      publish   publishes, edits and deletes what readers see; includes write
      admin     creates and deletes blogs; includes everything
    """


@token.command(short_help="Create a token. It is shown only once.")
@click.option("--name", required=True, help="Its owner or purpose, shown in lists and revisions.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(list(SCOPES)),
    help="What the token allows. Can be given several times.",
)
@click.option("--blog", "blogs", multiple=True, help="Limit the token to this blog. Can be given several times.")
@click.option("--expires-in", type=Duration(), help="How long it is valid, such as 12h or 30d. By default for ever.")
@store_options
def create(name: str, scopes: Sequence[str], blogs: Sequence[str], expires_in: timedelta | None, **given: Any) -> None:
    """Create a token and print it. Standard output has only the token, for use in scripts."""
    now = datetime.now(UTC).replace(microsecond=0)
    record, text = new_token(name, scopes, blogs, now + expires_in if expires_in else None, now)
    asyncio.run(_add(read_settings(given), record))
    click.echo(f"Token {record.id} for {record.name}. It is shown only once; keep it like a password.", err=True)
    click.echo(text)


@token.command("list", short_help="List the tokens.")
@store_options
def list_(**given: Any) -> None:
    """List the tokens, oldest first, without their secrets."""
    records = asyncio.run(_all(read_settings(given)))
    if not records:
        click.echo("No tokens.", err=True)
        return
    now = datetime.now(UTC)
    rows = [("ID", "NAME", "SCOPES", "BLOGS", "MADE", "EXPIRES")]
    rows += [
        (
            record.id,
            record.name,
            ",".join(record.scopes),
            ",".join(record.blogs) or "all",
            rfc3339(record.created_at),
            _expiry(record.expires_at, now),
        )
        for record in records
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@token.command(short_help="Revoke a token.")
@click.argument("id")
@store_options
def revoke(id: str, **given: Any) -> None:
    """Revoke the token with this ID (see `stoppress token list`). The next request with it is refused."""
    if not asyncio.run(_remove(read_settings(given), id)):
        raise NotFound(f"There is no token {id!r}.")
    click.echo(f"Token {id} is revoked.", err=True)


def _expiry(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    return f"{rfc3339(moment)} (expired)" if moment <= now else rfc3339(moment)


async def _add(settings: Settings, record: TokenRecord) -> None:
    async with open_stores(settings) as stores:
        await stores.tokens.add(record)
        await stores.audit.append([_act("token create", record.id)])


async def _all(settings: Settings) -> Sequence[TokenRecord]:
    async with open_stores(settings) as stores:
        return await stores.tokens.all()


async def _remove(settings: Settings, token_id: str) -> bool:
    async with open_stores(settings) as stores:
        removed = await stores.tokens.remove(token_id)
        if removed:
            await stores.audit.append([_act("token revoke", token_id)])
        return removed


def _act(command: str, token_id: str) -> Act:
    return command_act(command, f"token {token_id}")
