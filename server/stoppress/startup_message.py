"""What the operator sees first: a token for the API, the addresses of the server, and the demo."""

from __future__ import annotations

import asyncio
import secrets
import sys
from dataclasses import dataclass

from stoppress.demo.player import play_at
from stoppress.settings import Settings
from stoppress.store.base_tokens import Tokens


@dataclass(frozen=True, slots=True)
class AdminToken:
    """The token that has every scope. `text` is None if there is none; `shown` describes it in the startup message."""

    text: str | None
    shown: str


async def admin_token(settings: Settings, tokens: Tokens) -> AdminToken:
    """The operator's own token, or a token for this run if Stop Press is being tried out on the operator's own machine.

    Raises Unavailable.
    """
    if settings.admin_token:
        return AdminToken(settings.admin_token.get_secret_value(), "the one in STOPPRESS_ADMIN_TOKEN")
    alone = settings.host in ("127.0.0.1", "::1", "localhost") and not await tokens.all()
    if settings.demo or alone:
        text = f"run_{secrets.token_urlsafe(24)}"
        return AdminToken(text, f"{text}  (for this run; create a permanent one with `stoppress token create`)")
    return AdminToken(None, "create one with `stoppress token create`")


async def welcome(settings: Settings, listening: asyncio.Future[int], token: AdminToken) -> None:
    """Print the server's addresses on standard output once it accepts connections.

    `listening` is a future of the port's number.
    """
    url = _url(settings, await asyncio.shield(listening))
    page = f"Page      {url}/blogs/demo" if settings.demo else f"Pages     {url}/"
    lines = [page, f"API docs  {url}/docs", f"Token     {token.shown}"]
    sys.stdout.write("\nStop Press is ready.\n\n" + "".join(f"  {line}\n" for line in lines) + "\n")
    sys.stdout.flush()


async def play_demo(settings: Settings, listening: asyncio.Future[int], token: str) -> None:
    """Play the demo, or continue it, once the server accepts connections.

    `listening` is a future of the port's number.
    """
    await play_at(_url(settings, await asyncio.shield(listening)), token)


def _url(settings: Settings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"
