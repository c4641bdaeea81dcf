"""`stoppress serve`: runs the server in the foreground."""

from __future__ import annotations

from typing import Any

import click

from stoppress.cli.options import read_settings, settings_options
from stoppress.settings import GROUPS, settings_in, unknown_variables


class Serve(click.Command):
    """A command whose help groups the settings as docs/settings.md does."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group of settings, then one for all other options."""
        shown = {option.name: option.get_help_record(ctx) for option in self.get_params(ctx)}
        sections = [(group.title, [shown.pop(name) for name in settings_in(group)]) for group in GROUPS]
        for title, records in (*sections, ("Options", list(shown.values()))):
            with formatter.section(title):
                formatter.write_dl([record for record in records if record])


@click.command(cls=Serve, short_help="Run the server.")
@settings_options()
def serve(**given: Any) -> None:
    """Run the API, the pages and the hub, in one process or several (--workers), until SIGINT or SIGTERM.

    Each option can also be set in the environment, by the name in brackets. The option takes precedence.
    Without --redis-url the server starts an embedded Valkey, which keeps everything under --data.
    """
    settings = read_settings(given)
    for name in unknown_variables():
        click.echo(f"Warning: {name} is set, but there is no such setting.", err=True)
    # Imported here, so that the other commands start without importing the whole server.
    from stoppress.server_process import run_server
    from stoppress.workers import run_workers

    if settings.workers > 1:
        run_workers(settings)
    else:
        run_server(settings)
