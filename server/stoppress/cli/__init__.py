"""The `stoppress` command. Each subcommand has a file here: serve, token, publish, tail, import_json, export_json (with
export_html and download_pictures), demo, bench, capacity. options has the options that several subcommands share, and
reconnect has the state with which tail reconnects.

Exit codes: 0 done, 1 refused (by the server, the store or the system), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import click

from stoppress import __version__
from stoppress.errors import StopPressError

_COMMANDS = {
    "serve": "serve:serve",
    "token": "token:token",
    "publish": "publish:publish",
    "tail": "tail:tail",
    "import": "import_json:import_",
    "export": "export_json:export",
    "demo": "demo:demo",
    "bench": "bench:bench",
    "capacity": "capacity:capacity",
}
"""The module and the name of each subcommand, in the order in which `--help` lists them."""


class _LazyGroup(click.Group):
    """Imports a subcommand when it is used, so that a server does not load what only load tests need.

    From "Lazily Loading Subcommands" in Click's documentation.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"stoppress.cli.{module}"), name)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="stoppress")
def commands() -> None:
    """Stop Press: a live-blog server. Publish a post over HTTP, and every open page shows it at once."""


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
