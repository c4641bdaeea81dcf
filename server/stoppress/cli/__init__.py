"""The `stoppress` command. Each subcommand has a file here: serve, token, publish, tail, import_json, export_json (with
export_html and download_pictures), demo, bench, capacity. options has the options that several subcommands share, and
reconnect has the state with which tail reconnects.

Exit codes: 0 done, 1 refused (by the server, the store or the system), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import NoReturn

import click

from stoppress.cli.bench import bench
from stoppress.cli.capacity import capacity
from stoppress.cli.demo import demo
from stoppress.cli.export_json import export
from stoppress.cli.import_json import import_
from stoppress.cli.publish import publish
from stoppress.cli.serve import serve
from stoppress.cli.tail import tail
from stoppress.cli.token import token
from stoppress.errors import StopPressError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("stoppress"), prog_name="stoppress")
def commands() -> None:
    """Stop Press: a live-blog server. Publish a post over HTTP, and every open page shows it at once."""


for command in (serve, token, publish, tail, import_, export, demo, bench, capacity):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command line. An expected error is printed as one line without a traceback."""
    try:
        code = commands.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except KeyboardInterrupt:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except StopPressError as error:
        click.echo(f"Error: {error}", err=True)
        for wrong in getattr(error, "errors", ()):
            if wrong.detail not in error.detail:
                click.echo(f"  {wrong.pointer}: {wrong.detail}", err=True)
        code = 1
    except BrokenPipeError:
        # The reader of our output has gone (`stoppress tail … | head`). Python would report an error at exit when it
        # closes stdout again.
        sys.stdout = None
        code = 1
    sys.exit(code)
