"""The command `kgraph`: turns options into objects, calls one verb, gives an exit code.

Exit codes: 0 clean, 1 findings, 2 could not run.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from kgraph import __version__
from kgraph.cli.build import build
from kgraph.cli.evidence import evidence
from kgraph.cli.fmt import fmt
from kgraph.cli.query import query
from kgraph.cli.serve import serve
from kgraph.cli.validate import validate
from kgraph.errors import KgraphError

#: Name -> command, in the order of the help text.
COMMANDS: tuple[click.Command, ...] = (
    validate,
    build,
    fmt,
    query,
    serve,
    evidence,
)


class Group(click.Group):
    """A group that shows a KgraphError as one sentence and ends with code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KgraphError as error:
            click.echo(f"kgraph: {error}", err=True)
            ctx.exit(2)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the commands in the order of the table, not of the alphabet."""
        return list(self.commands)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kgraph")
def group() -> None:
    """Work with the knowledge graph of municipal international relations."""


for command in COMMANDS:
    group.add_command(command)


def main() -> None:
    """Run the command line; output that is not Unicode-safe never ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")
    group.main(prog_name="kgraph")
