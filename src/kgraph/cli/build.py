"""`kgraph build`: the snapshot of the repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kgraph.cli.options import root_option
from kgraph.dataset.days import choose_day
from kgraph.dataset.snapshot import KEPT, build_snapshot, read_manifest
from kgraph.errors import BrokenData


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build"),
    show_default=True,
    help="Folder of the snapshots; `current` in it points to the newest.",
)
@click.option(
    "--keep",
    type=click.IntRange(min=0),
    default=KEPT,
    show_default=True,
    metavar="N",
    help="Old snapshots that stay beside the new one; those in use, or named by a link, stay too.",
)
@click.option("--date", help="The snapshot's date [default: SOURCE_DATE_EPOCH, else today].")
@root_option
def build(out: Path, keep: int, date: str | None, root: Path) -> None:
    """Build a snapshot: store, dumps and manifest, beside the old one, switched to in one step."""
    day = choose_day(date, os.environ)
    try:
        folder = build_snapshot(root, out, day, keep)
    except BrokenData as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    manifest = read_manifest(folder)
    click.echo(
        f"{folder}: {manifest.triples:,} triples in {len(manifest.graphs)} graphs, "
        f"{manifest.default_graph:,} in the default graph, digest {manifest.digest[:12]}"
    )
