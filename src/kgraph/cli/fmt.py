"""`kgraph fmt`: canonical Turtle."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kgraph.dataset.layout import list_turtle_files
from kgraph.dataset.replacing import replace_file
from kgraph.errors import BrokenData
from kgraph.turtle.formatting import format_turtle
from kgraph.turtle.reading import read_text


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is not canonical.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def fmt(check: bool, files: tuple[Path, ...]) -> None:
    """Write FILES (default: every Turtle file of the repository) as canonical Turtle.

    A folder stands for all Turtle files in it. A broken file is left alone and named; the others
    are still formatted.
    """
    broken = changed = 0
    chosen = list_turtle_files(files or (Path(),))
    for file in chosen:
        try:
            source = read_text(file)
            text = format_turtle(source, str(file))
        except BrokenData as error:
            broken += 1
            place = ":".join(str(part) for part in (file, error.line, error.column) if part)
            click.echo(f"{place}: {error}", err=True)
            continue
        if text == source:
            continue
        changed += 1
        if check:
            click.echo(f"{file}: is not canonical; run kgraph fmt {file}")
        else:
            replace_file(file, text)
            click.echo(f"{file}: formatted")
    click.echo(
        f"{len(chosen)} files: {changed} {'to format' if check else 'formatted'}, {broken} broken",
        err=True,
    )
    if broken or (check and changed):
        sys.exit(1)
