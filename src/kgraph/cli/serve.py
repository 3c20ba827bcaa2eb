"""`kgraph serve`: the SPARQL endpoint, the questions and the pages."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import click

from kgraph.dataset.days import choose_day
from kgraph.dataset.snapshot import CURRENT, build_snapshot
from kgraph.errors import BadConfig

#: How long an endpoint may take to say at the start that it is there.
ENDPOINT_SECONDS = 10


@click.command()
@click.option("--port", type=int, envvar="PORT", help="Port; 0 takes a free one. Default 8000.")
@click.option("--host", help="Address to listen on. Default 127.0.0.1.")
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
@click.option("--endpoint", metavar="URL", help="Answer from this SPARQL endpoint instead.")
@click.argument("more", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def serve(
    port: int | None,
    host: str | None,
    data: tuple[Path, ...],
    snapshot: Path | None,
    endpoint: str | None,
    more: tuple[Path, ...],
) -> None:
    """Answer SPARQL at /sparql, saved questions at /questions/{id}, and browsers everywhere.

    `kgraph serve --data FILE…` serves files instead of the repository's snapshot, and
    `kgraph serve --endpoint URL` puts the same site before an endpoint of one's own. Limits and the
    like are set by KGRAPH_… variables or in kgraph.toml: see docs/serving.md.
    """
    try:
        from kgraph.engines.remote import RemoteEngine
        from kgraph.web.logs import log_to_stderr
        from kgraph.web.server import run
        from kgraph.web.settings import read_settings
        from kgraph.web.site import make_site
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "kgraph" or missing in sys.stdlib_module_names:
            raise
        raise BadConfig(
            f"the web part is not installed ({error.name} is missing); "
            "install it with: pip install 'kgraph[serve]'"
        ) from error
    if more and not data:
        raise BadConfig(f"{more[0]}: to serve files, write kgraph serve --data {more[0]} …")
    log_to_stderr()
    settings = read_settings(port=port, host=host, snapshot=snapshot, endpoint=endpoint)
    files = (*data, *more)
    if settings.endpoint:
        RemoteEngine(settings.endpoint, ENDPOINT_SECONDS).ask("ASK { ?s ?p ?o }")
    elif not files and snapshot is None and not (settings.snapshot / CURRENT).exists():
        click.echo("kgraph: there is no snapshot yet; building one.", err=True)
        build_snapshot(settings.root, settings.snapshot, choose_day(None, os.environ))
    site = make_site(settings, files)
    run(site, _announce)


def _announce(url: str) -> None:
    # Where the disk with the log is full, the server runs all the same.
    with contextlib.suppress(OSError):
        click.echo(f"kgraph: serving on {url} (Ctrl+C ends it)", err=True)
