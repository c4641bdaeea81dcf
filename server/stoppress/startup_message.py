"""What the operator meets first: a token to try the API with, the text that says where everything is, and the demo."""

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
    """The token with every scope, if there is one; `shown` is how the welcome names it."""

    text: str | None
    shown: str


async def admin_token(settings: Settings, tokens: Tokens) -> AdminToken:
    """The operator's own token, or one for this run where somebody tries Stop Press on their own machine.

    Raises Unavailable.
    """
    if settings.admin_token:
        return AdminToken(settings.admin_token.get_secret_value(), "the one in STOPPRESS_ADMIN_TOKEN")
    alone = settings.host in ("127.0.0.1", "::1", "localhost") and not await tokens.all()
    if settings.demo or alone:
        text = f"run_{secrets.token_urlsafe(24)}"
        return AdminToken(text, f"{text}  (for this run; `stoppress token create` makes lasting ones)")
    return AdminToken(None, "make one with `stoppress token create`")


async def welcome(settings: Settings, listening: asyncio.Future[int], token: AdminToken) -> None:
    """Say on standard output where everything is, once the server is `listening` at the port that this becomes."""
    url = _url(settings, await asyncio.shield(listening))
    page = f"Page      {url}/blogs/demo" if settings.demo else f"Pages     {url}/"
    lines = [page, f"API docs  {url}/docs", f"Token     {token.shown}"]
    sys.stdout.write("\nStop Press is ready.\n\n" + "".join(f"  {line}\n" for line in lines) + "\n")
    sys.stdout.flush()


async def play_demo(settings: Settings, listening: asyncio.Future[int], token: str) -> None:
    """Play the demo, or go on with it, once the server is `listening`."""
    await play_at(_url(settings, await asyncio.shield(listening)), token)


def _url(settings: Settings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"
