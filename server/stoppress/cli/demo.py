"""`stoppress demo`: the demo story, played against any server."""

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
    help="How fast: 2 is twice as fast as a post every ten to twenty seconds.",
)
def demo(url: str, token: str | None, speed: float) -> None:
    """Play the demo: a blog whose posts arrive, get edited and get corrected while one looks.

    It goes on until Ctrl-C, and can be started again at any time: nothing is doubled. The token needs the scope
    `admin`, to make the blog.
    """
    click.echo(f"{url.rstrip('/')}/blogs/{BLOG}  (Ctrl-C ends)", err=True)
    asyncio.run(_play(url, token, speed))


async def _play(url: str, token: str | None, speed: float) -> None:
    async with ApiClient(url, token) as api:
        await play(api, pace=1 / speed)
