"""`kgraph evidence`: the passages against the source texts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kgraph.cli.options import root_option
from kgraph.dataset.assembly import read_graphs
from kgraph.dataset.layout import list_graph_files
from kgraph.dataset.passages import FILE, check_evidence, collect_evidence, write_checksums


@click.command()
@click.option(
    "--sources",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the source texts, named as mr:fileName says.",
)
@click.option("--write", is_flag=True, help=f"Rewrite {FILE} with the checksums of all passages.")
@root_option
def evidence(sources: Path, write: bool, root: Path) -> None:
    """Check documents, character ranges and passage checksums against the source texts."""
    found = collect_evidence(read_graphs(list_graph_files(root)))
    findings = check_evidence(found, sources, checksums=not write)
    for finding in findings:
        click.echo(f"{finding.code}: {finding.message}")
    if write and not findings:
        count = write_checksums(found, sources, root)
        click.echo(f"{FILE}: {count} checksums written")
    click.echo(f"{len(found.passages)} passages, {len(findings)} findings", err=True)
    if findings:
        sys.exit(1)
