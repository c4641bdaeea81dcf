"""`stoppress serve`: the server, in the foreground."""

from __future__ import annotations

from typing import Any

import click

from stoppress.cli.options import read_settings, settings_options, unknown_settings


@click.command(short_help="Run the server.")
@settings_options()
def serve(**given: Any) -> None:
    """Run the API, the pages and the hub, in one process or several (--workers), until SIGINT or SIGTERM.

    Each option can also be set in the environment, by the name that is shown with it; the option counts more.
    Without --redis-url an embedded Valkey is started, which keeps everything under --data.
    """
    settings = read_settings(given)
    for name in unknown_settings():
        click.echo(f"Warning: {name} is set, but there is no such setting.", err=True)
    # Only here, so that the other commands start without the whole server.
    from stoppress.serve import run_server
    from stoppress.workers import run_workers

    if settings.workers > 1:
        run_workers(settings)
    else:
        run_server(settings)
