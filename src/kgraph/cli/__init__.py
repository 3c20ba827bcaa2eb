"""The command `kgraph`: turns options into objects, calls one verb, gives an exit code.

Exit codes: 0 clean, 1 findings, 2 could not run.
"""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from typing import Any

import click

from kgraph.errors import KgraphError

#: The commands in the order of the help text. Each lives in a module of its name, which is loaded
#: when the command is asked for: so none waits for the libraries of the others.
COMMANDS: tuple[str, ...] = ("validate", "build", "fmt", "query", "serve", "push", "evidence")


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Group(click.Group):
    """A group that shows a KgraphError, and a full disk, as one sentence and ends with code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KgraphError as error:
            click.echo(f"kgraph: {error}", err=True)
            ctx.exit(2)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            where = error.filename or "where the output goes"
            click.echo(
                f"kgraph: {where}: {error.strerror}; make room, then run it again.", err=True
            )
            ctx.exit(2)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the table, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"kgraph.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kgraph", prog_name="kgraph")
def group() -> None:
    """Work with the knowledge graph of municipal international relations."""


def main() -> None:
    """Run the command line; output that is not Unicode-safe never ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")
    group.main(prog_name="kgraph")
