"""`kgraph push`: the snapshot into a triple store of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kgraph.dataset.snapshot import find_snapshot, read_graphs_of
from kgraph.engines.pushing import WAYS, Destination


@click.command()
@click.option(
    "--endpoint",
    required=True,
    metavar="URL",
    help="Address of the store's Graph Store Protocol, or of its updates.",
)
@click.option(
    "--by",
    type=click.Choice(list(WAYS)),
    default=next(iter(WAYS)),
    show_default=True,
    help="What is at that address.",
)
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    default=Path("build"),
    show_default=True,
    help="Snapshot that kgraph build made, or the folder of snapshots.",
)
@click.option(
    "--default-graph",
    default="",
    metavar="IRI",
    help="Named graph that takes the default graph, for a store that has none of its own.",
)
@click.option("--seconds", default=300.0, show_default=True, help="Time for one request.")
def push(endpoint: str, by: str, snapshot: Path, default_graph: str, seconds: float) -> None:
    """Write a snapshot into a store: each named graph and the default graph replaces its own.

    Graphs that are not in the snapshot are left as they are. A user name and a password are read
    from KGRAPH_PUSH_USER and KGRAPH_PUSH_PASSWORD.
    """
    destination = Destination(
        endpoint,
        seconds,
        os.environ.get("KGRAPH_PUSH_USER", ""),
        os.environ.get("KGRAPH_PUSH_PASSWORD", ""),
    )
    graphs = read_graphs_of(find_snapshot(snapshot), default_graph)
    for done, _ in enumerate(WAYS[by](destination, graphs), start=1):
        click.echo(f"\r{done} of {len(graphs)} graphs", nl=False, err=True)
    count = sum(map(len, graphs.values()))
    click.echo(f"\rkgraph: {len(graphs)} graphs, {count:,} triples written.", err=True)
