"""`kgraph validate`: syntax, style, shapes, integrity, answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from kgraph.cli.options import root_option
from kgraph.dataset.snapshot import choose_day
from kgraph.errors import BadConfig
from kgraph.findings import Severity
from kgraph.validation.report import Report
from kgraph.validation.reporters.human import write_human
from kgraph.validation.run import validate_files, validate_repository

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
#: --format -> the writer of a report in a language.
REPORTERS: dict[str, Callable[[Report, str], str]] = {"human": write_human}


@click.command()
@click.argument("files", nargs=-1, type=FILE)
@click.option("--shapes", multiple=True, type=FILE, help="Shapes to check --data against.")
@click.option("--data", multiple=True, type=FILE, help="Data to check; only syntax and shapes run.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in reversed(Severity)]),
    default=Severity.VIOLATION.value,
    show_default=True,
    help="Least severity that gives exit code 1.",
)
@click.option(
    "--format", "form", type=click.Choice(list(REPORTERS)), default="human", show_default=True
)
@click.option("--lang", type=click.Choice(["en", "de"]), default="en", show_default=True)
@root_option
def validate(
    files: tuple[Path, ...],
    shapes: tuple[Path, ...],
    data: tuple[Path, ...],
    fail_on: str,
    form: str,
    lang: str,
    root: Path,
) -> None:
    """Check the data set, or what concerns FILES in it.

    Exit code 0: nothing at or above --fail-on; 1: something; 2: the check could not run.
    """
    if bool(shapes) != bool(data):
        raise BadConfig("--shapes and --data belong together: give both, or neither.")
    if shapes and files:
        raise BadConfig("with --shapes and --data, give the files to check with --data.")
    report = (
        validate_files(data, shapes)
        if shapes
        else validate_repository(root, files, choose_day(None, os.environ))
    )
    click.echo(REPORTERS[form](report, lang))
    if report.fails(Severity(fail_on)):
        sys.exit(1)
