"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default="the folder you are in",
    help="Repository with ontology/, shapes/, data/ and queries/.",
)
data_option = click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="RDF file, its default and named graphs kept; may be given several times.",
)
snapshot_option = click.option(
    "--snapshot",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Snapshot that kgraph build made.",
)
