"""`kgraph serve`: the SPARQL endpoint, the questions and the pages."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kgraph.dataset.snapshot import CURRENT, build_snapshot, choose_day
from kgraph.errors import BadConfig


@click.command()
@click.option("--port", default=8000, envvar="PORT", show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Serve these RDF files as they are, default and named graphs kept; repeat it for more.",
)
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    help="Serve this snapshot; by default the newest in build/, built first where there is none.",
)
@click.option("--root", default=".", type=click.Path(exists=True, path_type=Path), hidden=True)
@click.argument("more", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def serve(
    port: int,
    host: str,
    data: tuple[Path, ...],
    snapshot: Path | None,
    root: Path,
    more: tuple[Path, ...],
) -> None:
    """Answer SPARQL at /sparql, saved questions at /questions/{id}, and browsers everywhere.

    `kgraph serve --data FILE…` serves files instead of the repository's snapshot.
    """
    try:
        from kgraph.web.running import Address, make_site, run
    except ImportError as error:
        raise BadConfig(
            f"the web part is not installed ({error.name} is missing); "
            "install it with: pip install 'kgraph[serve]'"
        ) from error
    from kgraph.engines.pool import PoolLimits

    if more and not data:
        raise BadConfig(f"{more[0]}: to serve files, write kgraph serve --data {more[0]} …")
    files = (*data, *more)
    place = snapshot or root / "build"
    if not files and snapshot is None and not (place / CURRENT).exists():
        click.echo("kgraph: there is no snapshot yet; building one.", err=True)
        build_snapshot(root, place, choose_day(None, os.environ))
    site = make_site(root, place, files, PoolLimits())
    run(
        site,
        Address(host, port),
        lambda url: click.echo(f"kgraph: serving on {url} (Ctrl+C ends it)", err=True),
    )
