"""`stoppress demo`: plays the demo story against any server."""

from __future__ import annotations

import asyncio

import click

from stoppress.api_client import ApiClient
from stoppress.cli.options import Finite, server_options
from stoppress.demo.player import BLOG, play


@click.command(short_help="Play the demo story against a server.")
@server_options
@click.option(
    "--speed",
    type=Finite(min=0.1, max=100),
    default=1.0,
    show_default=True,
    help="Speed: 1 plays a step every 10 to 20 seconds, 2 plays twice as fast.",
)
def demo(url: str, token: str | None, speed: float) -> None:
    """Play the demo: a blog whose posts arrive, are edited and are corrected while you watch.

    It runs until you press Ctrl-C. You can start it again at any time: no post is published twice. The token needs the
    scope `admin`, to create the blog.
    """
    click.echo(f"{url.rstrip('/')}/blogs/{BLOG}  (press Ctrl-C to stop)", err=True)
    asyncio.run(_play(url, token, speed))


async def _play(url: str, token: str | None, speed: float) -> None:
    async with ApiClient(url, token) as api:
        await play(api, pace=1 / speed)
